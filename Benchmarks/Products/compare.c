// Compares this project's products for wide layers with oneDNN's on one thread: see README.md.

#define _DEFAULT_SOURCE
#include <dnnl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include "CKernels.h"

enum { repeats = 31, lanes = 16 };

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double *values) {
  qsort(values, repeats, sizeof *values, ascending);
  return values[repeats / 2];
}

/// `count` numbers on huge pages, as the trainer has them.
static float *numbers(int64_t count) {
  const size_t page = 2u << 20, bytes = ((size_t)count * sizeof(float) + page - 1) / page * page;
  float *values = aligned_alloc(page, bytes);
  if (!values) {
    fputs("compare: error: not enough memory\n", stderr);
    exit(71);
  }
  madvise(values, bytes, MADV_HUGEPAGE);
  for (size_t i = 0; i < bytes / sizeof(float); i++) values[i] = (float)(rand() % 200 - 100) * 0.01f;
  return values;
}

static int64_t padded(int64_t width) { return (width + lanes - 1) / lanes * lanes; }

/// The GFLOP/s that multiply-adds alone make at the moment: the CPU's clock changes all the time.
static double peak(const ck_functions *own) {
  static float values[4096];
  const int64_t rounds = 200000;
  const double start = now();
  own->multiply_adds_f32(rounds, values);
  return 2.0 * (double)rounds * (double)(own->independent_bytes / (int32_t)sizeof(float)) / (now() - start) * 1e-9;
}

/// The trainer's distance of panels.
static int64_t panel_stride(int64_t rows) {
  int64_t run = 128;
  while (run > rows) run /= 2;
  return (((rows + run - 1) / run) | 1) * run * lanes;
}

/// The rows that the trainer takes through a network together.
static int64_t chunk(int64_t rows) { return rows < 256 ? rows : 256; }

/// The outputs of a layer, some rows after the others as the trainer computes them.
static void forward(const ck_functions *own, int64_t rows, int64_t inputs, int64_t outputs, const float *a,
                    const float *panels, const float *bias, float *c) {
  const int64_t apart = panel_stride(rows);
  for (int64_t r = 0; r < rows; r += chunk(rows))
    own->panel_product_f32(rows - r < chunk(rows) ? rows - r : chunk(rows), outputs, inputs, a + r * lanes, apart, panels,
                           bias, c + r * lanes, apart, 0, ck_identity);
}

/// The gradient of a whole kernel, tile by tile as the trainer sums it.
static void weight_gradient(const ck_functions *own, int64_t rows, int64_t inputs, int64_t outputs, const float *a,
                            const float *d, float *stack) {
  const int64_t panels = padded(outputs) / lanes, blocks = (panels + own->product_vectors - 1) / own->product_vectors;
  const int64_t apart = panel_stride(rows);
  for (int64_t i = 0; i < inputs; i += 128)
    for (int64_t b = 0; b < blocks; b++) {
      const int64_t first = b * panels / blocks, last = (b + 1) * panels / blocks;
      own->weight_gradient_f32(inputs - i < 128 ? inputs - i : 128, (int32_t)(last - first), rows, 128, a + i / lanes * apart,
                               apart, d + first * apart, apart, stack, 0);
    }
}

static void compare(const ck_functions *own, int64_t rows, int64_t inputs, int64_t outputs) {
  // For oneDNN, the same memory holds rows one after another.
  float *a = numbers(padded(inputs) / lanes * panel_stride(rows)), *d = numbers(padded(outputs) / lanes * panel_stride(rows));
  float *c = numbers(padded(outputs) / lanes * panel_stride(rows));
  float *w = numbers(inputs * outputs), *panels = numbers(inputs * padded(outputs)), *bias = numbers(padded(outputs));
  float *gradient = numbers(inputs * outputs), *stack = numbers(16 * 128 * 48);
  const double operations = 2.0 * (double)(rows * inputs * outputs);
  const int times = 1 + (int)(1e8 / operations);
  double own_forward[repeats], peer_forward[repeats], backward[repeats], peer_backward[repeats];
  own->pack_f32(w, inputs, outputs, 0, inputs, 0, outputs, panels);
#define TIME(result, work)                                   \
  {                                                          \
    const double start = now();                              \
    for (int i = 0; i < times; i++) work;                    \
    result = operations * times / (now() - start) * 1e-9;    \
  }
  double peaks[repeats];
  for (int r = 0; r < repeats; r++) {
    const double before = peak(own);
    TIME(own_forward[r], forward(own, rows, inputs, outputs, a, panels, bias, c))
    TIME(peer_forward[r], dnnl_sgemm('N', 'N', rows, outputs, inputs, 1, a, inputs, w, outputs, 0, c, outputs))
    TIME(backward[r], weight_gradient(own, rows, inputs, outputs, a, d, stack))
    TIME(peer_backward[r], dnnl_sgemm('T', 'N', inputs, outputs, rows, 1, a, inputs, d, outputs, 0, gradient, outputs))
    peaks[r] = (before + peak(own)) / 2;
  }
  double ratios[2][repeats], parts[2][repeats];
  for (int r = 0; r < repeats; r++) {
    ratios[0][r] = own_forward[r] / peer_forward[r];
    ratios[1][r] = backward[r] / peer_backward[r];
    parts[0][r] = 100 * peer_forward[r] / peaks[r];
    parts[1][r] = 100 * peer_backward[r] / peaks[r];
  }
  const double forward_ratio = median(ratios[0]), backward_ratio = median(ratios[1]);
  printf("| %lld | %lld | %lld | %.0f | %.0f | %.0f %% | %.2f | %.0f | %.0f | %.0f %% | %.2f |\n", (long long)rows, (long long)inputs,
         (long long)outputs, median(own_forward), median(peer_forward), median(parts[0]), forward_ratio,
         median(backward), median(peer_backward), median(parts[1]), backward_ratio);
  float *const owned[] = {a, d, c, w, panels, bias, gradient, stack};
  for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) free(owned[i]);
}

int main(void) {
  const ck_functions *const own = ck_variant(0);
  static const int64_t shapes[][3] = {{128, 64, 64},   {128, 64, 256},  {128, 256, 256},  {256, 256, 256},
                                      {128, 784, 512}, {256, 784, 512}, {128, 512, 512},  {128, 1024, 1024},
                                      {256, 100, 10},  {128, 77, 333},  {1024, 1024, 1024}};
  printf("Loops: %s. GFLOP/s, medians of %d interleaved repeats; ratios, medians of those of the repeats; the peak is that of "
         "multiply-adds alone.\n\n", own->name,
         repeats);
  puts("| rows | inputs | outputs | forward: own | oneDNN | of the peak | own / oneDNN | weight gradient: own | oneDNN | of the peak "
       "| own / oneDNN |");
  puts("|---|---|---|---|---|---|---|---|---|---|---|");
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) compare(own, shapes[i][0], shapes[i][1], shapes[i][2]);
}
