#ifndef CALL_COUNT_H
#define CALL_COUNT_H

#include <stdbool.h>
#include <stdint.h>

// Whoever links this target has the functions below replaced, in the program and in all libraries that it loads, by ones
// that count and then call the real ones.

/// The calls of all threads of this process so far.
typedef struct {
  /// Of `malloc`, `calloc`, `realloc` and their aligned kin.
  uint64_t allocations;
  /// Of `swift_retain`, `swift_retain_n` and `swift_bridgeObjectRetain`.
  uint64_t retains;
  /// Of their counterparts.
  uint64_t releases;
} call_count;

/// Whether calls are counted: with glibc, and without a sanitizer, which has an allocator of its own.
bool calls_are_counted(void);

/// What was counted.
call_count calls_so_far(void);

#endif
