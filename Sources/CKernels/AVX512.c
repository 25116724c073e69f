#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push( \
    __attribute__((target("avx2,fma,prfchw,bmi2,avx512f,avx512bw,avx512dq,avx512vl"), min_vector_width(512))), apply_to = function)
#define VARIANT ck_avx512
#define VARIANT_NAME "avx512"
#define PRODUCT_ROWS 8
#define PRODUCT_VECTORS 3
#define INDEPENDENT_VECTORS 16
#define MASKED_MEMORY 1
#include "Body.h"
#pragma clang attribute pop
#endif
