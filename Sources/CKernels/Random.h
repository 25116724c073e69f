// Counter-based random numbers: see `CounterRandom`, whose bits these are.

typedef uint64_t random_lanes __attribute__((vector_size(64)));
typedef double random_numbers __attribute__((vector_size(64)));

/// One round of Philox4x32 on eight counters. Each word stands in the low half of its lane; what the high halves hold is
/// ignored by the multiplications of halves, and never mended.
#define PHILOX_ROUND(c)                                                     \
  do {                                                                      \
    const random_lanes p0 = ((c)[0] & low_half) * 0xD2511F53u;              \
    const random_lanes p1 = ((c)[2] & low_half) * 0xCD9E8D57u;              \
    (c)[0] = (p1 >> 32) ^ (c)[1] ^ k0;                                      \
    (c)[1] = p1;                                                            \
    (c)[2] = (p0 >> 32) ^ (c)[3] ^ k1;                                      \
    (c)[3] = p0;                                                            \
  } while (0)

/// Two words as a number in [0, 1) of 53 bits: exact, like every step of it.
ALWAYS random_numbers random_unit(random_lanes high, random_lanes low, random_lanes low_half) {
  return __builtin_convertvector(((high << 32) | (low & low_half)) >> 11, random_numbers) * 0x1p-53;
}

static void uniforms(uint64_t seed, uint32_t purpose, uint32_t stream, uint64_t first, double *numbers, int64_t blocks) {
  // So many vectors at a time: one alone would wait for each multiplication.
  enum { vectors = 4, lanes = 8 };
  const random_lanes low_half = (random_lanes){0} + 0xFFFFFFFFu;
  const random_lanes ascending = {0, 1, 2, 3, 4, 5, 6, 7};
  for (int64_t done = 0; done < blocks; done += vectors * lanes) {
    random_lanes c[vectors][4];
    for (int v = 0; v < vectors; v++) {
      c[v][0] = ascending + (first + (uint64_t)done + (uint64_t)(v * lanes));
      c[v][1] = c[v][0] >> 32;
      c[v][2] = (random_lanes){0} + stream;
      c[v][3] = (random_lanes){0} + purpose;
    }
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < 10; round++) {
      for (int v = 0; v < vectors; v++) PHILOX_ROUND(c[v]);
      k0 += 0x9E3779B9u;
      k1 += 0xBB67AE85u;
    }
    double tile[2 * vectors * lanes];
    const int64_t rest = blocks - done < vectors * lanes ? blocks - done : vectors * lanes;
    double *to = rest < vectors * lanes ? tile : numbers + 2 * done;
    for (int v = 0; v < vectors; v++) {
      const random_numbers a = random_unit(c[v][0], c[v][1], low_half), b = random_unit(c[v][2], c[v][3], low_half);
      const random_numbers start = __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
      const random_numbers end = __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
      memcpy(to + 2 * v * lanes, &start, sizeof start);
      memcpy(to + 2 * v * lanes + lanes, &end, sizeof end);
    }
    if (to == tile) memcpy(numbers + 2 * done, tile, (size_t)rest * 2 * sizeof(double));
  }
}

#undef PHILOX_ROUND
