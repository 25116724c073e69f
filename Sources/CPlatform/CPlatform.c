#define _GNU_SOURCE
#include "CPlatform.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int platform_init_patient_mutex(pthread_mutex_t *mutex) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
#ifdef __GLIBC__
  pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ADAPTIVE_NP);
#endif
  const int result = pthread_mutex_init(mutex, &attributes);
  pthread_mutexattr_destroy(&attributes);
  return result;
}

typedef struct {
  pthread_mutex_t mutex;
  pthread_cond_t all_started;
  int over;
} trial;

static void *wait_for_the_others(void *context) {
  trial *const with = context;
  pthread_mutex_lock(&with->mutex);
  while (!with->over) pthread_cond_wait(&with->all_started, &with->mutex);
  pthread_mutex_unlock(&with->mutex);
  return NULL;
}

int platform_try_threads(int count) {
  pthread_t *const threads = malloc((size_t)(count > 0 ? count : 1) * sizeof *threads);
  if (!threads) return 0;
  trial with = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
  int started = 0;
  while (started < count && pthread_create(&threads[started], NULL, wait_for_the_others, &with) == 0) started++;
  pthread_mutex_lock(&with.mutex);
  with.over = 1;
  pthread_cond_broadcast(&with.all_started);
  pthread_mutex_unlock(&with.mutex);
  for (int i = 0; i < started; i++) pthread_join(threads[i], NULL);
  free(threads);
  return started;
}

#ifdef __linux__
#include <linux/aio_abi.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>

int platform_allowed_cpus(void) {
  // Kernels with more CPUs than the mask holds answer EINVAL to a small mask.
  for (int cpus = 1024; cpus <= 1 << 20; cpus *= 8) {
    cpu_set_t *mask = CPU_ALLOC(cpus);
    if (!mask) break;
    size_t size = CPU_ALLOC_SIZE(cpus);
    int result = sched_getaffinity(0, size, mask);
    int count = result == 0 ? CPU_COUNT_S(size, mask) : 0;
    CPU_FREE(mask);
    if (count > 0) return count;
    if (errno != EINVAL) break;
  }
  return (int)sysconf(_SC_NPROCESSORS_ONLN);
}

void platform_start_writing(int descriptor, long long offset, long long count) {
  // What fails here, fsync finds.
  (void)sync_file_range(descriptor, offset, count, SYNC_FILE_RANGE_WRITE);
}

int platform_is_cached(int descriptor, long long offset) {
  char byte;
  struct iovec place = {&byte, 1};
  return preadv2(descriptor, &place, 1, offset, RWF_NOWAIT) == 1;
}

int platform_open_direct(int descriptor) {
  char path[32];
  (void)snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
  return open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
}

// The C library has no functions for these calls.
int platform_reads_open(int depth, unsigned long *queue) {
  aio_context_t context = 0;
  if (syscall(SYS_io_setup, depth, &context) != 0) return errno;
  *queue = context;
  return 0;
}

void platform_reads_close(unsigned long queue) { (void)syscall(SYS_io_destroy, queue); }

int platform_reads_begin(unsigned long queue, int descriptor, const platform_read *reads, int count) {
  enum { most = 64 };
  struct iocb blocks[most];
  struct iocb *list[most];
  if (count > most) count = most;
  for (int i = 0; i < count; i++) {
    memset(&blocks[i], 0, sizeof blocks[i]);
    blocks[i].aio_lio_opcode = IOCB_CMD_PREAD;
    blocks[i].aio_fildes = (uint32_t)descriptor;
    blocks[i].aio_buf = (uint64_t)(uintptr_t)reads[i].memory;
    blocks[i].aio_nbytes = (uint64_t)reads[i].count;
    blocks[i].aio_offset = reads[i].offset;
    blocks[i].aio_data = (uint64_t)reads[i].tag;
    list[i] = &blocks[i];
  }
  long begun = syscall(SYS_io_submit, queue, (long)count, list);
  return begun < 0 ? 0 : (int)begun;
}

int platform_reads_end(unsigned long queue, int least, platform_read_end *ends, int most) {
  enum { room = 64 };
  struct io_event events[room];
  if (most > room) most = room;
  if (least > most) least = most;
  long count;
  do {
    count = syscall(SYS_io_getevents, queue, (long)least, (long)most, events, NULL);
  } while (count < 0 && errno == EINTR);
  for (long i = 0; i < count; i++) {
    ends[i].tag = (int)events[i].data;
    ends[i].count = events[i].res;
  }
  return count < 0 ? 0 : (int)count;
}
#else
int platform_allowed_cpus(void) { return (int)sysconf(_SC_NPROCESSORS_ONLN); }

void platform_start_writing(int descriptor, long long offset, long long count) {}

int platform_is_cached(int descriptor, long long offset) { return 0; }

int platform_open_direct(int descriptor) {
  errno = ENOTSUP;
  return -1;
}

int platform_reads_open(int depth, unsigned long *queue) { return ENOTSUP; }

void platform_reads_close(unsigned long queue) {}

int platform_reads_begin(unsigned long queue, int descriptor, const platform_read *reads, int count) { return 0; }

int platform_reads_end(unsigned long queue, int least, platform_read_end *ends, int most) { return 0; }
#endif
