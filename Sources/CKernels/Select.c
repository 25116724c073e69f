#include "Variants.h"

const ck_functions *ck_variant(int32_t index) {
  const ck_functions *runnable[4] = {0};
  int32_t count = 0;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma"))
    runnable[count++] = &ck_avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma")) runnable[count++] = &ck_avx2;
#endif
  runnable[count++] = &ck_baseline;
  return index >= 0 && index < count ? runnable[index] : 0;
}

size_t ck_product_scratch(int64_t k) { return (size_t)k * 3 * 16; }

size_t ck_small_scratch(const ck_layer *layers, int32_t count, int32_t parameter_count) {
  // A tile is 4 vectors of 64 bytes a value, whatever the numbers' size.
  const size_t tile = 4 * 64;
  size_t values = (size_t)layers[0].inputs;
  size_t widest = 0;
  for (int32_t l = 0; l < count; l++) {
    values += (size_t)layers[l].outputs * (ck_needs_sums(layers[l].activation) ? 2 : 1);
    if ((size_t)layers[l].outputs > widest) widest = (size_t)layers[l].outputs;
  }
  return (values + 2 * widest) * tile + ((size_t)parameter_count + 15) / 16 * 16 * 64;
}
