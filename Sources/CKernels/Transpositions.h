// Vectors whose numbers change places. Included by `Numbers.h`.

/// Four numbers that lie together.
typedef REAL NAME(quad) __attribute__((vector_size(4 * sizeof(REAL))));

/// The four columns of LANES rows of four numbers.
///
/// Loads put every fourth row into one vector; then each shuffle is one instruction, two for each column.
ALWAYS void NAME(transpose_quads)(const NAME(quad) rows[LANES], VEC columns[4]) {
#define PAIR(a, b) __builtin_shufflevector(rows[a], rows[b], 0, 1, 2, 3, 4, 5, 6, 7)
#if LANES == 16
#define EVERY_FOURTH(k) __builtin_shufflevector(PAIR(k, k + 4), PAIR(k + 8, k + 12), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
  // Numbers n and n + 1 of two vectors in turns, in each four lanes.
#define TAKE_TURNS(a, b, n)                                                                                            \
  __builtin_shufflevector(a, b, n, n + 16, n + 1, n + 17, n + 4, n + 20, n + 5, n + 21, n + 8, n + 24, n + 9, n + 25,  \
                          n + 12, n + 28, n + 13, n + 29)
  // Numbers n and n + 1 of one vector and then of the other, in each four lanes.
#define JOIN(a, b, n)                                                                                                  \
  __builtin_shufflevector(a, b, n, n + 1, n + 16, n + 17, n + 4, n + 5, n + 20, n + 21, n + 8, n + 9, n + 24, n + 25,  \
                          n + 12, n + 13, n + 28, n + 29)
#define SECOND 2
#else
#define EVERY_FOURTH(k) PAIR(k, k + 4)
  // Numbers n and n + 2 of two vectors in turns, in each four lanes.
#define TAKE_TURNS(a, b, n) __builtin_shufflevector(a, b, n, n + 8, n + 2, n + 10, n + 4, n + 12, n + 6, n + 14)
#define JOIN(a, b, n) __builtin_shufflevector(a, b, n, n + 1, n + 8, n + 9, n + 4, n + 5, n + 12, n + 13)
#define SECOND 1
#endif
  const VEC a = EVERY_FOURTH(0), b = EVERY_FOURTH(1), c = EVERY_FOURTH(2), d = EVERY_FOURTH(3);
  const VEC ab = TAKE_TURNS(a, b, 0), cd = TAKE_TURNS(c, d, 0);
  const VEC other_ab = TAKE_TURNS(a, b, SECOND), other_cd = TAKE_TURNS(c, d, SECOND);
  // The first pair of columns lies in `ab` and `cd` if SECOND is 2, otherwise the first and the third.
  columns[0] = JOIN(ab, cd, 0);
  columns[3 - SECOND] = JOIN(ab, cd, 2);
  columns[SECOND] = JOIN(other_ab, other_cd, 0);
  columns[3] = JOIN(other_ab, other_cd, 2);
#undef PAIR
#undef EVERY_FOURTH
#undef TAKE_TURNS
#undef JOIN
#undef SECOND
}
