#ifndef VARIANTS_H
#define VARIANTS_H

#include "CKernels.h"

extern const ck_functions ck_baseline;
#if defined(__x86_64__)
extern const ck_functions ck_avx2;
extern const ck_functions ck_avx512;
#endif

#endif
