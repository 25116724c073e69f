// Everything that exists once for each type of number; `Body.h` defines the macros and this file takes them back.

#define VEC NAME(vec)
#define IVEC NAME(ivec)

typedef REAL VEC __attribute__((vector_size(64)));
typedef INTEGER IVEC __attribute__((vector_size(64)));

ALWAYS VEC NAME(splat)(REAL a) { return a - (VEC){0}; }

ALWAYS VEC NAME(fma)(VEC a, VEC b, VEC c) { return __builtin_elementwise_fma(a, b, c); }

ALWAYS VEC NAME(choose)(IVEC mask, VEC a, VEC b) { return (VEC)((mask & (IVEC)a) | (~mask & (IVEC)b)); }

/// The sum of all lanes, halves first.
ALWAYS REAL NAME(sum)(VEC a) {
  REAL lanes[LANES];
  memcpy(lanes, &a, sizeof a);
  for (int width = LANES / 2; width; width /= 2)
    for (int lane = 0; lane < width; lane++) lanes[lane] += lanes[lane + width];
  return lanes[0];
}

/// One vector of sums from LANES vectors: lane k is the sum of the lanes of `v[k]`, added in the order of `sum`.
///
/// Vectors are combined in pairs, the first halves of their groups of lanes added to the second halves, until every vector
/// has given one lane: three operations a vector instead of a dozen.
ALWAYS VEC NAME(sums)(const VEC *v) {
  VEC stage[LANES / 2];
#if LANES == 16
  for (int k = 0; k < 8; k++) {
    const VEC a = v[2 * k], b = v[2 * k + 1];
    stage[k] = __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23) +
               __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
  }
  for (int k = 0; k < 4; k++) {
    const VEC a = stage[2 * k], b = stage[2 * k + 1];
    stage[k] = __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27) +
               __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
  }
  for (int k = 0; k < 2; k++) {
    const VEC a = stage[2 * k], b = stage[2 * k + 1];
    stage[k] = __builtin_shufflevector(a, b, 0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24, 25, 28, 29) +
               __builtin_shufflevector(a, b, 2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 30, 31);
  }
  const VEC a = stage[0], b = stage[1];
  return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30) +
         __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
#else
  for (int k = 0; k < 4; k++) {
    const VEC a = v[2 * k], b = v[2 * k + 1];
    stage[k] = __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11) +
               __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15);
  }
  for (int k = 0; k < 2; k++) {
    const VEC a = stage[2 * k], b = stage[2 * k + 1];
    stage[k] = __builtin_shufflevector(a, b, 0, 1, 4, 5, 8, 9, 12, 13) +
               __builtin_shufflevector(a, b, 2, 3, 6, 7, 10, 11, 14, 15);
  }
  const VEC a = stage[0], b = stage[1];
  return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14) +
         __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15);
#endif
}

#include "Functions.h"

#include "Activations.h"

#include "Losses.h"

#include "Transpositions.h"

// Small networks: tiles of four vectors a value; and of one for so few rows that the others would be empty.
// Those of weighted rows are functions of their own, so that others take no time for them.
#define TILE 4
#define WEIGHTED 0
#define SMALL(x) NAME(x##_of_four)
#include "SmallNetwork.h"
#define TILE 1
#define WEIGHTED 0
#define SMALL(x) NAME(x##_of_one)
#include "SmallNetwork.h"
#define TILE 4
#define WEIGHTED 1
#define SMALL(x) NAME(x##_of_four_weighted)
#include "SmallNetwork.h"
#define TILE 1
#define WEIGHTED 1
#define SMALL(x) NAME(x##_of_one_weighted)
#include "SmallNetwork.h"
#include "SingleRow.h"

/// Those of `count` rows from the one with number `first` on.
ALWAYS coming_rows NAME(coming)(const ck_small_network *network, const ck_rows *from, const int64_t *indices, int64_t first,
                                int64_t count) {
  const int64_t size = sizeof(REAL), apart = !from->record;
  const int64_t targets = network->loss == ck_cross_entropy ? (int64_t)sizeof(int32_t)
                                                            : network->layers[network->count - 1].outputs * size;
  const int64_t next = first < count ? first : count;
  return (coming_rows){.next = indices + next,
                       .stop = indices + next,
                       .end = indices + count,
                       .x = from->x,
                       .targets = from->targets,
                       .weights = from->weights,
                       .x_bytes = (apart ? network->layers[0].inputs : from->record) * size,
                       .target_bytes = apart ? targets : 0,
                       .weight_bytes = apart && from->weighted ? size : 0};
}

/// As `small_gradient`, for rows that are far.
static REAL NAME(gradient_from_afar)(const ck_small_network *network, const REAL *parameters, const ck_rows *from,
                                     const int64_t *indices, int64_t rows, int64_t following, REAL *gradient, void *scratch) {
  coming_rows coming = NAME(coming)(network, from, indices, CK_ROWS_AHEAD, rows + following);
#define FROM_AFAR(tile) NAME(gradient_from_afar_of_##tile)(network, parameters, from, indices, rows, &coming, gradient, scratch)
  if (from->weighted) return rows <= LANES ? FROM_AFAR(one_weighted) : FROM_AFAR(four_weighted);
  if (rows > 1) return rows <= LANES ? FROM_AFAR(one) : FROM_AFAR(four);
#undef FROM_AFAR
  let_come(&coming, 1);
  bring_rows(&coming, 1);
  return NAME(gradient_of_row)(network, parameters, from, indices[0], gradient, scratch);
}

static REAL NAME(small_gradient)(const ck_small_network *network, const REAL *parameters, const ck_rows *from, const int64_t *indices,
                                 int64_t rows, int64_t following, REAL *gradient, void *scratch) {
  if (from->far) return NAME(gradient_from_afar)(network, parameters, from, indices, rows, following, gradient, scratch);
  if (from->weighted)
    return rows <= LANES ? NAME(gradient_of_one_weighted)(network, parameters, from, indices, rows, gradient, scratch)
                         : NAME(gradient_of_four_weighted)(network, parameters, from, indices, rows, gradient, scratch);
  if (rows == 1) return NAME(gradient_of_row)(network, parameters, from, indices[0], gradient, scratch);
  return rows <= LANES ? NAME(gradient_of_one)(network, parameters, from, indices, rows, gradient, scratch)
                       : NAME(gradient_of_four)(network, parameters, from, indices, rows, gradient, scratch);
}

static void NAME(bring_near)(const ck_small_network *network, const ck_rows *from, const int64_t *indices, int64_t rows) {
  coming_rows coming = NAME(coming)(network, from, indices, 0, rows);
  let_come(&coming, CK_ROWS_AHEAD);
  bring_rows(&coming, CK_ROWS_AHEAD);
}

#define BLOCK (PRODUCT_VECTORS * LANES)

/// `rows` rows of one block of columns of a product; `packed` holds the block of b, BLOCK numbers for each k.
ALWAYS void NAME(product_tile)(const int rows, int64_t k, const REAL *a, int64_t a_row, int64_t a_column,
                               const REAL *restrict packed, const VEC *start, REAL *c, int64_t c_row, int64_t columns) {
  VEC sums[PRODUCT_ROWS][PRODUCT_VECTORS];
  EACH(r, rows)
    EACH(v, PRODUCT_VECTORS) sums[r][v] = start[v];
  for (int64_t i = 0; i < k; i++) {
    VEC row[PRODUCT_VECTORS];
    EACH(v, PRODUCT_VECTORS) row[v] = *(const VEC *)(packed + i * BLOCK + v * LANES);
    const REAL *column = a + i * a_column;
    EACH(r, rows) {
      const VEC factor = NAME(splat)(column[r * a_row]);
      EACH(v, PRODUCT_VECTORS) sums[r][v] = NAME(fma)(factor, row[v], sums[r][v]);
    }
  }
  if (columns == BLOCK) {
    EACH(r, rows)
      EACH(v, PRODUCT_VECTORS) memcpy(c + r * c_row + v * LANES, &sums[r][v], sizeof(VEC));
    return;
  }
  VEC ends[PRODUCT_ROWS][PRODUCT_VECTORS];
  EACH(r, rows)
    EACH(v, PRODUCT_VECTORS) ends[r][v] = sums[r][v];
  for (int r = 0; r < rows; r++) memcpy(c + r * c_row, ends[r], (size_t)columns * sizeof(REAL));
}

static void NAME(product)(int64_t m, int64_t n, int64_t k, const REAL *a, int64_t a_row, int64_t a_column, const REAL *b,
                          int64_t b_row, int64_t b_column, const REAL *start, REAL *c, REAL *scratch) {
  for (int64_t first = 0; first < n; first += BLOCK) {
    const int64_t columns = n - first < BLOCK ? n - first : BLOCK;
    // The block of b in the order in which it is used, padded with zeros: no strides and no ragged edge further in.
    if (b_column == 1) {
      for (int64_t i = 0; i < k; i++) {
        const REAL *from = b + i * b_row + first;
        REAL *to = scratch + i * BLOCK;
        if (columns == BLOCK) {
          memcpy(to, from, BLOCK * sizeof(REAL));
        } else {
          for (int64_t j = 0; j < columns; j++) to[j] = from[j];
          for (int64_t j = columns; j < BLOCK; j++) to[j] = 0;
        }
      }
    } else {
      // A transposition: a cache line of each column at a time, so that reads and writes stay in the first-level cache.
      for (int64_t i = 0; i < k; i += LANES) {
        const int64_t end = k - i < LANES ? k : i + LANES;
        for (int64_t j = 0; j < columns; j++) {
          const REAL *from = b + (first + j) * b_column;
          if (b_row == 1)
            for (int64_t t = i; t < end; t++) scratch[t * BLOCK + j] = from[t];
          else
            for (int64_t t = i; t < end; t++) scratch[t * BLOCK + j] = from[t * b_row];
        }
        for (int64_t j = columns; j < BLOCK; j++)
          for (int64_t t = i; t < end; t++) scratch[t * BLOCK + j] = 0;
      }
    }
    VEC begin[PRODUCT_VECTORS];
    memset(begin, 0, sizeof begin);
    if (start) memcpy(begin, start + first, (size_t)columns * sizeof(REAL));
    int64_t row = 0;
    for (; row + PRODUCT_ROWS <= m; row += PRODUCT_ROWS)
      NAME(product_tile)(PRODUCT_ROWS, k, a + row * a_row, a_row, a_column, scratch, begin, c + row * n + first, n, columns);
#define REST(rows)                                                                                                   \
  case rows:                                                                                                         \
    NAME(product_tile)(rows, k, a + row * a_row, a_row, a_column, scratch, begin, c + row * n + first, n, columns);   \
    break;
    switch (m - row) {
      REST(1)
#if PRODUCT_ROWS > 2
      REST(2)
#endif
#if PRODUCT_ROWS > 3
      REST(3)
#endif
#if PRODUCT_ROWS > 4
      REST(4)
      REST(5)
      REST(6)
      REST(7)
#endif
      default:
        break;
    }
#undef REST
  }
}

static void NAME(add)(const REAL *source, REAL *destination, int64_t count) {
  for (int64_t i = 0; i < count; i++) destination[i] += source[i];
}

static double NAME(squares)(const REAL *x, int64_t count) {
  // Number i goes to lane i modulo 16, whatever the type.
  double lanes[16] = {0};
  int64_t i = 0;
  for (; i + 16 <= count; i += 16)
    for (int lane = 0; lane < 16; lane++) lanes[lane] += (double)x[i + lane] * (double)x[i + lane];
  for (int lane = 0; i + lane < count; lane++) lanes[lane] += (double)x[i + lane] * (double)x[i + lane];
  for (int width = 8; width; width /= 2)
    for (int lane = 0; lane < width; lane++) lanes[lane] += lanes[lane + width];
  return lanes[0];
}

static void NAME(descend)(REAL *restrict w, const REAL *restrict g, int64_t count, REAL scale, REAL decay, REAL rate) {
  for (int64_t i = 0; i < count; i++) w[i] -= rate * (scale * g[i] + decay * w[i]);
}

static void NAME(momentum)(REAL *restrict w, const REAL *restrict g, REAL *restrict v, int64_t count, REAL scale,
                           REAL decay, REAL rate, REAL momentum) {
  for (int64_t i = 0; i < count; i++) {
    const REAL next = momentum * v[i] - rate * (scale * g[i] + decay * w[i]);
    v[i] = next;
    w[i] += next;
  }
}

static void NAME(nesterov)(REAL *restrict w, const REAL *restrict g, REAL *restrict v, int64_t count, REAL scale,
                           REAL decay, REAL rate, REAL momentum) {
  for (int64_t i = 0; i < count; i++) {
    const REAL step = rate * (scale * g[i] + decay * w[i]);
    const REAL next = momentum * v[i] - step;
    v[i] = next;
    w[i] += momentum * next - step;
  }
}

typedef REAL NAME(half) __attribute__((vector_size(32)));
typedef REAL NAME(quarter) __attribute__((vector_size(16)));

/// STEP(T) for all numbers from 0 up to `count`: whole vectors first, then ever smaller ones, down to single numbers. The
/// operators are the same for all, and so are the bits.
#define ELEMENTWISE(STEP)                                               \
  int64_t i = 0;                                                        \
  for (; i + LANES <= count; i += LANES) STEP(VEC)                      \
  for (; i + LANES / 2 <= count; i += LANES / 2) STEP(NAME(half))       \
  for (; i + LANES / 4 <= count; i += LANES / 4) STEP(NAME(quarter))    \
  for (; i < count; i++) STEP(REAL)
#define GET(value, from) memcpy(&value, from + i, sizeof value)
#define PUT(value, to) memcpy(to + i, &value, sizeof value)

static void NAME(adagrad)(REAL *restrict w, const REAL *restrict g, REAL *restrict s, int64_t count, REAL scale,
                          REAL decay, REAL rate, REAL epsilon) {
#define STEP(T)                                                       \
  {                                                                   \
    T wi, gi, si;                                                     \
    GET(wi, w), GET(gi, g), GET(si, s);                               \
    gi = scale * gi + decay * wi;                                     \
    si = si + gi * gi;                                                \
    wi = wi - rate * gi / (__builtin_elementwise_sqrt(si) + epsilon); \
    PUT(si, s), PUT(wi, w);                                           \
  }
  ELEMENTWISE(STEP)
#undef STEP
}

static void NAME(rmsprop)(REAL *restrict w, const REAL *restrict g, REAL *restrict s, int64_t count, REAL scale,
                          REAL decay, REAL rate, REAL a, REAL epsilon) {
#define STEP(T)                                                       \
  {                                                                   \
    T wi, gi, si;                                                     \
    GET(wi, w), GET(gi, g), GET(si, s);                               \
    gi = scale * gi + decay * wi;                                     \
    si = si + (gi * gi - si) * a;                                     \
    wi = wi - rate * gi / (__builtin_elementwise_sqrt(si) + epsilon); \
    PUT(si, s), PUT(wi, w);                                           \
  }
  ELEMENTWISE(STEP)
#undef STEP
}

static void NAME(adadelta)(REAL *restrict w, const REAL *restrict g, REAL *restrict s, REAL *restrict d, int64_t count,
                           REAL scale, REAL decay, REAL rate, REAL a, REAL epsilon) {
#define STEP(T)                                                                                              \
  {                                                                                                          \
    T wi, gi, si, di;                                                                                        \
    GET(wi, w), GET(gi, g), GET(si, s), GET(di, d);                                                          \
    gi = scale * gi + decay * wi;                                                                            \
    si = si + (gi * gi - si) * a;                                                                            \
    const T step = __builtin_elementwise_sqrt(di + epsilon) / __builtin_elementwise_sqrt(si + epsilon) * gi; \
    di = di + (step * step - di) * a;                                                                        \
    wi = wi - rate * step;                                                                                   \
    PUT(si, s), PUT(di, d), PUT(wi, w);                                                                      \
  }
  ELEMENTWISE(STEP)
#undef STEP
}

static void NAME(adam)(REAL *restrict w, const REAL *restrict g, REAL *restrict m, REAL *restrict v, int64_t count,
                       REAL scale, REAL decay, REAL shrink, REAL rate, REAL root, REAL a, REAL b, REAL epsilon) {
#define STEP(T)                                                                       \
  {                                                                                   \
    T wi, gi, mi, vi;                                                                 \
    GET(wi, w), GET(gi, g), GET(mi, m), GET(vi, v);                                   \
    gi = scale * gi + decay * wi;                                                     \
    mi = mi + (gi - mi) * a;                                                          \
    vi = vi + (gi * gi - vi) * b;                                                     \
    wi = shrink * wi - rate * mi / (__builtin_elementwise_sqrt(vi) * root + epsilon); \
    PUT(mi, m), PUT(vi, v), PUT(wi, w);                                               \
  }
  ELEMENTWISE(STEP)
#undef STEP
}

#undef ELEMENTWISE
#undef GET
#undef PUT

/// The position of the first element that is NaN or infinite, or -1: those whose bits of the exponent are all set.
static int64_t NAME(first_non_finite)(const REAL *values, int64_t count) {
  enum { block = 16 * LANES };
  const IVEC mask = (IVEC)NAME(splat)(INFINITY);
  int64_t i = 0;
  for (; i + block <= count; i += block) {
    IVEC found = {0};
    for (int64_t k = i; k < i + block; k += LANES) {
      IVEC bits;
      memcpy(&bits, values + k, sizeof bits);
      found |= (bits & mask) == mask;
    }
    INTEGER lanes[LANES], any = 0;
    memcpy(lanes, &found, sizeof found);
    for (int lane = 0; lane < LANES; lane++) any |= lanes[lane];
    if (any) break;
  }
  for (; i < count; i++) {
    INTEGER bits;
    memcpy(&bits, values + i, sizeof bits);
    if ((bits & mask[0]) == mask[0]) return i;
  }
  return -1;
}

static void NAME(multiply_adds)(int64_t rounds, REAL *values) {
  VEC v[INDEPENDENT_VECTORS];
  memcpy(v, values, sizeof v);
  const VEC half = NAME(splat)((REAL)0.5), one = NAME(splat)(1);
  for (int64_t round = 0; round < rounds; round++)
    for (int k = 0; k < INDEPENDENT_VECTORS; k++) v[k] = NAME(fma)(v[k], half, one);
  memcpy(values, v, sizeof v);
}

#include "Panels.h"

#undef REAL
#undef INTEGER
#undef LANES
#undef NAME
#undef MANTISSA_BITS
#undef EXPONENT_BIAS
#undef ROUNDING_MAGIC
#undef LOG2E
#undef LN2_HIGH
#undef LN2_LOW
#undef EXP_LIMIT
#undef EXP_TERMS
#undef TANH_SMALL
#undef NORMAL_LIMIT
#undef NORMAL_SCALE
#undef HALF_ROOT
#undef LOG_TERMS
#undef VEC
#undef IVEC
#undef BLOCK
