#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma,prfchw,bmi2"))), apply_to = function)
#define VARIANT ck_avx2
#define VARIANT_NAME "avx2"
#define PRODUCT_ROWS 3
#define PRODUCT_VECTORS 2
#define INDEPENDENT_VECTORS 6
#define MASKED_MEMORY 0
#include "Body.h"
#pragma clang attribute pop
#endif
