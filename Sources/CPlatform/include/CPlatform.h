#ifndef CPLATFORM_H
#define CPLATFORM_H

#include <pthread.h>
#include <time.h>

/// Tells the CPU that this is a spin loop: it saves power, and on SMT leaves the core to its sibling.
/// Swift has no public spelling of this instruction.
static inline void platform_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb" ::: "memory");
#endif
}

/// Initialises a mutex for which threads spin a little before they sleep, where there is such a kind.
int platform_init_patient_mutex(pthread_mutex_t *mutex);

/// The CPU's time stamp: counts at a fixed rate, the same on all its cores, and is read in a few nanoseconds, where the
/// system's clock takes tens. How long a count lasts is the machine's affair: good for parts of a whole.
static inline unsigned long long platform_ticks(void) {
#if defined(__x86_64__) || defined(__i386__)
  return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
  unsigned long long ticks;
  __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
  return ticks;
#else
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (unsigned long long)now.tv_sec * 1000000000ull + (unsigned long long)now.tv_nsec;
#endif
}

/// How this thread's arithmetic treats numbers too small for the normal range.
typedef unsigned long platform_float_mode;

/// Lets this thread take denormal numbers for zero, and returns how it treated them before. A moment that decays towards
/// zero would stay denormal for ever otherwise, and each operation on such a number takes the CPU a hundred cycles more.
static inline platform_float_mode platform_flush_denormals(void) {
#if defined(__x86_64__)
  unsigned int mode = __builtin_ia32_stmxcsr();
  __builtin_ia32_ldmxcsr(mode | 0x8040);
  return mode;
#elif defined(__aarch64__)
  unsigned long mode;
  __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
  __asm__ volatile("msr fpcr, %0" : : "r"(mode | 1ul << 24));
  return mode;
#else
  return 0;
#endif
}

/// Undoes `platform_flush_denormals`.
static inline void platform_restore_denormals(platform_float_mode mode) {
#if defined(__x86_64__)
  __builtin_ia32_ldmxcsr((unsigned int)mode);
#elif defined(__aarch64__)
  __asm__ volatile("msr fpcr, %0" : : "r"(mode));
#endif
}

/// The number of CPUs in this process's affinity mask. Swift does not see GNU extensions of the C library.
int platform_allowed_cpus(void);

/// Starts `count` threads that do nothing, waits until they have ended, and returns how many could be started.
int platform_try_threads(int count);

/// Lets some bytes of a file be on their way to the disk, without waiting for them.
void platform_start_writing(int descriptor, long long offset, long long count);

/// Whether the system's cache has the byte at `offset` of a file; 0 also if that cannot be told.
int platform_is_cached(int descriptor, long long offset);

/// Another descriptor of the file that is open as `descriptor`, whose reads go past the system's cache; negative, with `errno`,
/// where there is no such thing.
int platform_open_direct(int descriptor);

/// A read to begin.
typedef struct {
  void *memory;
  long long count;
  long long offset;
  /// What tells it from others.
  int tag;
} platform_read;

/// What became of a read: the bytes that it got, or a negative error number.
typedef struct {
  int tag;
  long long count;
} platform_read_end;

/// Makes a queue of reads that go on while the program does something else; returns 0 or an error number.
int platform_reads_open(int depth, unsigned long *queue);

/// Ends a queue, after all its reads.
void platform_reads_close(unsigned long queue);

/// Begins some reads, the first ones of `reads`; returns how many.
int platform_reads_begin(unsigned long queue, int descriptor, const platform_read *reads, int count);

/// Waits until at least so many reads ended, and tells of at most `most` that did; returns how many.
int platform_reads_end(unsigned long queue, int least, platform_read_end *ends, int most);

/// The widest set of instructions that this CPU has, in the terms of the x86-64 psABI, or the architecture's name.
/// The compiler's built-in function takes a string literal only, so Swift cannot call it.
static inline const char *platform_cpu_level(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl"))
    return "x86-64-v4";
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2"))
    return "x86-64-v3";
  return "x86-64";
#elif defined(__aarch64__)
  return "arm64";
#else
  return "unknown";
#endif
}

#endif
