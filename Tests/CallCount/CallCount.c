#define _GNU_SOURCE
#include "CallCount.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif

#if defined(__GLIBC__) && !defined(SANITIZED)

// Nothing is ordered by these counters: who reads them meets the threads that are counted elsewhere.
typedef _Atomic uint64_t counter;
static counter allocations, retains, releases;

static void count(counter *calls) { atomic_fetch_add_explicit(calls, 1, memory_order_relaxed); }

static uint64_t value(counter *calls) { return atomic_load_explicit(calls, memory_order_relaxed); }

bool calls_are_counted(void) { return true; }

call_count calls_so_far(void) { return (call_count){value(&allocations), value(&retains), value(&releases)}; }

// The functions behind glibc's own, exported for programs that replace these. `free` needs no replacement: all memory is
// still glibc's.
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t number, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

// A Swift array asks how large its memory really is, and grows when that is full. With glibc's answer, which may hold 16
// bytes more or not, equal work would not take equally many calls. So all sizes are multiples of 64, less glibc's 8 bytes
// before the next block, and the 16 are kept secret.
static size_t whole(size_t size) { return size > SIZE_MAX / 2 ? size : (size + 8 + 63) / 64 * 64 - 8; }

size_t malloc_usable_size(void *memory) {
  static size_t (*_Atomic next)(void *);
  size_t (*real)(void *) = atomic_load_explicit(&next, memory_order_relaxed);
  if (!real) {
    real = (size_t(*)(void *))dlsym(RTLD_NEXT, "malloc_usable_size");
    atomic_store_explicit(&next, real, memory_order_relaxed);
  }
  return memory ? (real(memory) + 8) / 64 * 64 - 8 : 0;
}

void *malloc(size_t size) {
  count(&allocations);
  return __libc_malloc(whole(size));
}

void *calloc(size_t number, size_t size) {
  count(&allocations);
  size_t bytes;
  if (__builtin_mul_overflow(number, size, &bytes)) bytes = SIZE_MAX;
  return __libc_calloc(1, whole(bytes));
}

void *realloc(void *memory, size_t size) {
  count(&allocations);
  // Of size 0 it frees.
  return __libc_realloc(memory, size ? whole(size) : 0);
}

void *memalign(size_t alignment, size_t size) {
  count(&allocations);
  return __libc_memalign(alignment, whole(size));
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **memory, size_t alignment, size_t size) {
  if (alignment == 0 || alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0) return EINVAL;
  // Unlike its kin it reports by its result and leaves errno alone.
  int before = errno;
  void *result = memalign(alignment, size);
  errno = before;
  if (!result) return ENOMEM;
  *memory = result;
  return 0;
}

// Swift's runtime has pointers through which these calls can be led elsewhere, but in Swift 6.3 on Linux a program that
// sets them crashes. These functions have C's calling convention; each stands before the runtime's of the same name.
#define REPLACE(name, calls, parameters, arguments)                                   \
  void *name parameters {                                                             \
    static void *(*_Atomic next) parameters;                                          \
    void *(*real) parameters = atomic_load_explicit(&next, memory_order_relaxed);     \
    if (!real) {                                                                      \
      real = (void *(*)parameters)dlsym(RTLD_NEXT, #name);                            \
      atomic_store_explicit(&next, real, memory_order_relaxed);                       \
    }                                                                                 \
    count(&calls);                                                                    \
    return real arguments;                                                            \
  }

REPLACE(swift_retain, retains, (void *object), (object))
REPLACE(swift_retain_n, retains, (void *object, uint32_t times), (object, times))
REPLACE(swift_bridgeObjectRetain, retains, (void *object), (object))
REPLACE(swift_release, releases, (void *object), (object))
REPLACE(swift_release_n, releases, (void *object, uint32_t times), (object, times))
REPLACE(swift_bridgeObjectRelease, releases, (void *object), (object))

#else

bool calls_are_counted(void) { return false; }

call_count calls_so_far(void) { return (call_count){0, 0, 0}; }

#endif
