// Asking for scattered rows before they are used. Included by `Body.h`.

/// Asks for the line that `address` lies in. With the builtin the compiler makes many copies of the loops that ask: a quarter more code in
/// the gradients of small networks.
ALWAYS void ask_for(const char *address) {
#if defined(__x86_64__)
  __asm__ volatile("prefetcht0 %0" : : "m"(*address));
#else
  __builtin_prefetch(address, 0, 3);
#endif
}

/// Asks for a row of so many bytes.
ALWAYS void ask_for_row(const char *row, int64_t bytes) {
  for (int64_t at = 0; at < bytes; at += 64) ask_for(row + at);
  // More than a quarter of a line may well end in another one.
  if (bytes > 16) ask_for(row + bytes - 1);
}

/// How many rows ahead of the one that is copied scattered rows are asked for. By itself a CPU looks ahead over a few hundred
/// instructions, which are few rows if they are wide; and what is asked for takes room in the nearest cache.
ALWAYS int64_t rows_to_ask(int64_t bytes) { return bytes <= 128 ? 32 : bytes <= 512 ? 8 : 2; }

/// Rows that will soon be computed with, and are asked for while others are: those from `next` up to `end`, but for now not beyond
/// `stop`.
typedef struct {
  const int64_t *next, *stop, *end;
  const char *x, *targets, *weights;
  /// What a row has there; 0 where it has nothing.
  int64_t x_bytes, target_bytes, weight_bytes;
} coming_rows;

/// How many rows are asked for with each unit of a network, forward and again backward. More at once would wait for each other, and
/// the computation for them.
enum { rows_a_unit = 4 };

/// Lets as many rows be asked for as are now computed with.
ALWAYS void let_come(coming_rows *coming, int64_t rows) {
  coming->stop = coming->end - coming->next < rows ? coming->end : coming->next + rows;
}

/// Asks for the next `count` rows, or those up to `stop`.
ALWAYS void bring_rows(coming_rows *coming, int64_t count) {
  const int64_t *row = coming->next;
  const int64_t *const stop = coming->stop - row < count ? coming->stop : row + count;
  for (; row < stop; row++) {
    ask_for_row(coming->x + *row * coming->x_bytes, coming->x_bytes);
    ask_for_row(coming->targets + *row * coming->target_bytes, coming->target_bytes);
    ask_for_row(coming->weights + *row * coming->weight_bytes, coming->weight_bytes);
  }
  coming->next = row;
}
