// Vectors whose numbers change places. Included by `Numbers.h`.

/// One stage of a transposition: in `count` vectors, the off-diagonal blocks of `half` by `half` numbers change places.
#define EXCHANGE(count, half, low, high)                               \
  for (int i = 0; i < count; i++) {                                    \
    if (i & half) continue;                                            \
    const VEC a = v[i], b = v[i + half];                               \
    v[i] = __builtin_shufflevector(a, b, low);                         \
    v[i + half] = __builtin_shufflevector(a, b, high);                 \
  }
#define LIST(...) __VA_ARGS__

/// Transposes each four lanes of `count` vectors with those of the three that follow.
ALWAYS void NAME(transpose_fours)(VEC *v, const int count) {
#if LANES == 16
  EXCHANGE(count, 2, LIST(0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29),
           LIST(2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31))
  EXCHANGE(count, 1, LIST(0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30),
           LIST(1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31))
#else
  EXCHANGE(count, 2, LIST(0, 1, 8, 9, 4, 5, 12, 13),
           LIST(2, 3, 10, 11, 6, 7, 14, 15))
  EXCHANGE(count, 1, LIST(0, 8, 2, 10, 4, 12, 6, 14),
           LIST(1, 9, 3, 11, 5, 13, 7, 15))
#endif
}

/// Transposes LANES vectors.
ALWAYS void NAME(transpose)(VEC v[LANES]) {
#if LANES == 16
  EXCHANGE(LANES, 8, LIST(0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),
           LIST(8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31))
  EXCHANGE(LANES, 4, LIST(0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27),
           LIST(4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31))
#else
  EXCHANGE(LANES, 4, LIST(0, 1, 2, 3, 8, 9, 10, 11),
           LIST(4, 5, 6, 7, 12, 13, 14, 15))
#endif
  NAME(transpose_fours)(v, LANES);
}

/// Four numbers that lie together.
typedef REAL NAME(quad) __attribute__((vector_size(4 * sizeof(REAL))));

/// The four columns of LANES rows of four numbers.
ALWAYS void NAME(transpose_quads)(const NAME(quad) rows[LANES], VEC v[4]) {
  for (int k = 0; k < 4; k++) {
#define PAIR(a, b) __builtin_shufflevector(rows[a], rows[b], 0, 1, 2, 3, 4, 5, 6, 7)
#if LANES == 16
    v[k] = __builtin_shufflevector(PAIR(k, k + 4), PAIR(k + 8, k + 12), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
#else
    v[k] = PAIR(k, k + 4);
#endif
#undef PAIR
  }
  NAME(transpose_fours)(v, 4);
}

#undef EXCHANGE
#undef LIST
