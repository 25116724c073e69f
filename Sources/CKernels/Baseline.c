// On arm64 the baseline has NEON and fused multiply-adds; on x86-64 it has SSE2, and the multiply-adds are calls.
#if defined(__aarch64__)
#define VARIANT ck_baseline
#define VARIANT_NAME "neon"
#else
#define VARIANT ck_baseline
#define VARIANT_NAME "baseline"
#endif
#define PRODUCT_ROWS 4
#define PRODUCT_VECTORS 1
#define INDEPENDENT_VECTORS 4
#define MASKED_MEMORY 0
#include "Body.h"
