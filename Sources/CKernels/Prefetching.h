// Asking for scattered rows before they are used. Included by `Body.h`.

/// Asks for the line that `address` lies in. To the compiler the builtin is an access to any memory: what it had in registers would
/// be loaded again.
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
