// What two threads get of a cached file by copying it into little memory, and by using it where it is mapped.
//
//   clang -O2 -march=native Benchmarks/Reading/mapping.c -o .build/mapping -lpthread
//   head -c 1000000000 /dev/urandom > .build/mapping.bin
//   .build/mapping .build/mapping.bin
//
// Each thread takes every other 16 MiB. "Added" means that all numbers are read and joined, as whoever uses rows reads them; a
// mapping is dropped behind the reader, as bounded memory demands, unless it says that it is kept. What is kept is touched for the
// first time, which is all that a single pass can do, or for the second, which is the same as having the rows in memory.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { threads = 2, rounds = 5 };
static const size_t block = 16u << 20, part = 256u << 10;

typedef enum { copied, copied_and_added, mapped_and_added, populated_and_added, first_touch, second_touch, ways } way;
static const char *const names[ways] = {"pread", "pread, added", "mapped, added", "MADV_POPULATE_READ, added",
                                        "mapped, kept, added", "the same a second time"};

static int is_kept(way how) { return how == first_touch || how == second_touch; }

typedef struct {
  int file;
  size_t size;
  way how;
  size_t first;
  char *map;
  uint64_t sum;
} job;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static uint64_t added(const void *bytes, size_t count) {
  const uint64_t *numbers = bytes;
  uint64_t sum = 0;
  for (size_t i = 0; i < count / sizeof *numbers; i++) sum ^= numbers[i];
  return sum;
}

static void fail(const char *what) {
  perror(what);
  exit(74);
}

static void *work(void *context) {
  job *const j = context;
  char *const buffer = aligned_alloc(4096, part);
  if (!buffer) fail("mapping");
  for (size_t start = j->first * block; start + block <= j->size; start += threads * block) {
    char *const here = j->map + start;
    if (j->how == copied || j->how == copied_and_added) {
      for (size_t o = 0; o < block; o += part) {
        if (pread(j->file, buffer, part, (off_t)(start + o)) != (ssize_t)part) fail("mapping: pread");
        if (j->how == copied_and_added) j->sum ^= added(buffer, part);
      }
      continue;
    }
    if (j->how == populated_and_added && madvise(here, block, MADV_POPULATE_READ)) fail("mapping: madvise");
    j->sum ^= added(here, block);
    if (!is_kept(j->how)) madvise(here, block, MADV_DONTNEED);
  }
  free(buffer);
  return NULL;
}

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(int count, char **arguments) {
  const int file = count == 2 ? open(arguments[1], O_RDONLY) : -1;
  if (file < 0) {
    fputs("usage: mapping FILE\n", stderr);
    return 64;
  }
  const size_t size = (size_t)lseek(file, 0, SEEK_END), used = size / block * block;
  if (used == 0) {
    fputs("mapping: the file must have 16 MiB or more\n", stderr);
    return 65;
  }
  char *const map = mmap(NULL, size, PROT_READ, MAP_SHARED, file, 0);
  if (map == MAP_FAILED) fail("mapping: mmap");
  double rates[ways][rounds];
  uint64_t sum = 0;
  // Round -1 brings the file into the system's cache.
  for (int round = -1; round < rounds; round++)
    for (way how = 0; how < ways; how++) {
      if (how == second_touch) sum ^= added(map, used);
      pthread_t workers[threads];
      job jobs[threads];
      const double start = now();
      for (size_t i = 0; i < threads; i++) {
        jobs[i] = (job){.file = file, .size = size, .how = how, .first = i, .map = map};
        if (pthread_create(&workers[i], NULL, work, &jobs[i])) fail("mapping: pthread_create");
      }
      for (size_t i = 0; i < threads; i++) {
        pthread_join(workers[i], NULL);
        sum ^= jobs[i].sum;
      }
      if (round >= 0) rates[how][round] = (double)used / (now() - start) * 1e-9;
      if (is_kept(how)) madvise(map, size, MADV_DONTNEED);
    }
  printf("%d threads, GB/s: median (least to most) of %d\n", threads, (int)rounds);
  for (way how = 0; how < ways; how++) {
    qsort(rates[how], rounds, sizeof **rates, ascending);
    printf("%-28s %5.1f (%.1f to %.1f)\n", names[how], rates[how][rounds / 2], rates[how][0], rates[how][rounds - 1]);
  }
  // Nobody may leave the additions out.
  return sum == 1 ? 1 : 0;
}
