// The body of a variant: included once per set of instructions, inside that set's target attribute.

#include <math.h>
#include <string.h>

#include "Variants.h"

#pragma clang fp contract(off)
#pragma clang diagnostic ignored "-Wpsabi"

#define ALWAYS static inline __attribute__((always_inline))

/// A loop of so few rounds that it is to have none: only then are arrays that it indexes kept in registers. The compiler sees that by
/// itself in some places and not in others.
#define EACH(index, count) _Pragma("clang loop unroll(full)") for (int index = 0; index < (count); index++)

#include "Prefetching.h"

// Float: 16 lanes of 32 bits.
#define REAL float
#define INTEGER int32_t
#define LANES 16
#define NAME(x) x##_f32
#define MANTISSA_BITS 23
#define EXPONENT_BIAS 127
#define ROUNDING_MAGIC 0x1.8p23f
#define LOG2E 0x1.715476p0f
#define LN2_HIGH 0x1.62e4p-1f
#define LN2_LOW 0x1.7f7d1cp-20f
#define EXP_LIMIT 87.33f
#define EXP_TERMS 7
#define LOG_TERMS 4
#define HALF_ROOT 0x1.6a09e6p-1f
#define TANH_SMALL 0.625f
#define NORMAL_SCALE 0.3f
#define NORMAL_LIMIT 14.0f
#include "Numbers.h"

// Double: 8 lanes of 64 bits.
#define REAL double
#define INTEGER int64_t
#define LANES 8
#define NAME(x) x##_f64
#define MANTISSA_BITS 52
#define EXPONENT_BIAS 1023
#define ROUNDING_MAGIC 0x1.8p52
#define LOG2E 0x1.71547652b82fep0
#define LN2_HIGH 0x1.62e42fee00000p-1
#define LN2_LOW 0x1.a39ef35793c76p-33
#define EXP_LIMIT 708.39
#define EXP_TERMS 13
#define LOG_TERMS 10
#define HALF_ROOT 0x1.6a09e667f3bcdp-1
#define TANH_SMALL 0.625
#define NORMAL_SCALE 0.25
#define NORMAL_LIMIT 39.0
#include "Numbers.h"

ALWAYS uint32_t hash(uint32_t h) {
  h *= 0x7FEB352Du;
  h ^= h >> 15;
  return h * 0x846CA68Bu;
}

ALWAYS uint32_t add_modulo(uint32_t value, uint32_t h, uint32_t modulus) {
  // The rectangle has fewer than 2^32 cells, so both sides are small enough for the sum not to wrap.
  uint32_t sum = value + (uint32_t)(((uint64_t)h * modulus) >> 32);
  return sum >= modulus ? sum - modulus : sum;
}

/// Half the rounds: see `KeyedPermutation`.
ALWAYS int round_pairs(uint32_t width) { return width < 32 ? 3 : 2; }

ALWAYS uint32_t encipher(const ck_permutation *p, uint32_t cell) {
  uint32_t row = cell / p->width, column = cell % p->width;
  for (int pair = 0; pair < round_pairs(p->width); pair++) {
    row = add_modulo(row, hash(column ^ p->keys[2 * pair]), p->height);
    column = add_modulo(column, hash(row ^ p->keys[2 * pair + 1]), p->width);
  }
  return row * p->width + column;
}

typedef uint32_t CELLS __attribute__((vector_size(64)));
typedef uint64_t PRODUCTS __attribute__((vector_size(64)));
enum { cell_lanes = 16 };

/// As `add_modulo(value, h, modulus)` with what is already scaled to the modulus.
ALWAYS CELLS add_offsets(CELLS value, CELLS offset, uint32_t modulus) {
  const CELLS sum = value + offset;
  // Below the modulus the difference wraps to more than the sum.
  return __builtin_elementwise_min(sum, sum - modulus);
}

/// As `add_modulo(value, hash(h), modulus)`, a vector at a time. The compiler would widen all lanes to 64 bits and narrow them again.
ALWAYS CELLS add_hashes(CELLS value, CELLS h, uint32_t modulus) {
  h *= 0x7FEB352Du;
  h ^= h >> 15;
  h *= 0x846CA68Bu;
  const PRODUCTS low = 0xFFFFFFFFu - (PRODUCTS){0}, factor = modulus - (PRODUCTS){0};
  const PRODUCTS even = ((PRODUCTS)h & low) * factor, odd = ((PRODUCTS)h >> 32) * factor;
  return add_offsets(value, (CELLS)((even >> 32) | (odd & ~low)), modulus);
}

static void permute(const ck_permutation *permutation, uint64_t start, int64_t *indices, int64_t count) {
  // So many vectors at a time: one alone would wait for each multiplication.
  enum { vectors = 4, lanes = vectors * cell_lanes };
  const ck_permutation p = *permutation;
  const CELLS ordinals = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  uint32_t row = (uint32_t)(start / p.width);
  uint32_t column = (uint32_t)(start % p.width);
  for (int64_t done = 0; done < count; done += lanes) {
    CELLS rows[vectors], columns[vectors];
    for (int v = 0; v < vectors; v++) {
      const CELLS next = column + ordinals;
      columns[v] = __builtin_elementwise_min(next, next - p.width);
      // True is -1.
      rows[v] = row - (CELLS)(next >= p.width);
      if (p.offsets) {
        CELLS offsets;
        memcpy(&offsets, p.offsets + column, sizeof offsets);
        rows[v] = add_offsets(rows[v], offsets, p.height);
      }
      column += cell_lanes;
      if (column >= p.width) {
        column -= p.width;
        row++;
      }
    }
    for (int pair = 0; pair < round_pairs(p.width); pair++) {
      const uint32_t key = p.keys[2 * pair], next = p.keys[2 * pair + 1];
      if (pair || !p.offsets)
        for (int v = 0; v < vectors; v++) rows[v] = add_hashes(rows[v], columns[v] ^ key, p.height);
      for (int v = 0; v < vectors; v++) columns[v] = add_hashes(columns[v], rows[v] ^ next, p.width);
    }
    const int64_t rest = count - done < lanes ? count - done : lanes;
    uint32_t cells[lanes];
    CELLS largest = {0};
    for (int v = 0; v < vectors; v++) {
      const CELLS cell = rows[v] * p.width + columns[v];
      memcpy(cells + v * cell_lanes, &cell, sizeof cell);
      largest = __builtin_elementwise_max(largest, cell);
    }
    if (rest == lanes)
      for (int lane = 0; lane < lanes; lane++) indices[done + lane] = (int64_t)cells[lane];
    else
      for (int64_t lane = 0; lane < rest; lane++) indices[done + lane] = (int64_t)cells[lane];
    if (__builtin_expect(__builtin_reduce_max(largest) >= p.count, 0)) {
      // Cells beyond the end are walked over: rare, since the rectangle hardly exceeds the count.
      for (int64_t lane = 0; lane < rest; lane++) {
        uint32_t cell = cells[lane];
        while (cell >= p.count) cell = encipher(&p, cell);
        indices[done + lane] = (int64_t)cell;
      }
    }
  }
}

#include "Random.h"

/// Copies up to 64 bytes and more by whole vectors, the last one overlapping the one before it.
ALWAYS void copy_row(char *to, const char *from, int64_t bytes) {
  if (bytes >= 64) {
    for (int64_t at = 0; at + 64 <= bytes; at += 64) memcpy(to + at, from + at, 64);
    memcpy(to + bytes - 64, from + bytes - 64, 64);
  } else if (bytes >= 32) {
    memcpy(to, from, 32);
    memcpy(to + bytes - 32, from + bytes - 32, 32);
  } else if (bytes >= 16) {
    memcpy(to, from, 16);
    memcpy(to + bytes - 16, from + bytes - 16, 16);
  } else if (bytes >= 8) {
    memcpy(to, from, 8);
    memcpy(to + bytes - 8, from + bytes - 8, 8);
  } else {
    for (int64_t at = 0; at < bytes; at++) to[at] = from[at];
  }
}

static void gather(const void *source, int64_t bytes, const int64_t *indices, int64_t count, void *destination) {
  const char *const rows = source;
  char *to = destination;
  const int64_t ahead = rows_to_ask(bytes);
#define GATHER(width, copy)                                                                    \
  for (int64_t k = 0; k < count; k++) {                                                        \
    ask_for_row(rows + indices[k + ahead < count ? k + ahead : count - 1] * (width), (width)); \
    copy(to + k * (width), rows + indices[k] * (width), (width));                              \
  }
  // The narrowest rows are copied as one number.
  if (bytes == 4) {
    GATHER(4, memcpy)
  } else if (bytes == 8) {
    GATHER(8, memcpy)
  } else {
    GATHER(bytes, copy_row)
  }
#undef GATHER
}

static void gather_panels(const void *source, int64_t bytes, const int64_t *indices, int64_t count, void *destination,
                          int64_t panel) {
  const char *const rows = source;
  const int64_t ahead = rows_to_ask(bytes);
  for (int64_t k = 0; k < count; k++) {
    const char *const from = rows + indices[k] * bytes;
    ask_for_row(rows + indices[k + ahead < count ? k + ahead : count - 1] * bytes, bytes);
    char *to = (char *)destination + k * 64;
    int64_t at = 0;
    for (; at + 64 <= bytes; at += 64, to += panel) memcpy(to, from + at, 64);
    if (at < bytes) copy_row(to, from + at, bytes - at);
  }
}

const ck_functions VARIANT = {
    .name = VARIANT_NAME,
    .small_gradient_f32 = small_gradient_f32,
    .small_gradient_f64 = small_gradient_f64,
    .bring_near_f32 = bring_near_f32,
    .bring_near_f64 = bring_near_f64,
    .product_f32 = product_f32,
    .product_f64 = product_f64,
    .product_vectors = PRODUCT_VECTORS,
    .panel_product_f32 = panel_product_f32,
    .panel_product_f64 = panel_product_f64,
    .weight_gradient_f32 = weight_gradient_f32,
    .weight_gradient_f64 = weight_gradient_f64,
    .pack_f32 = pack_f32,
    .pack_f64 = pack_f64,
    .unpack_f32 = unpack_f32,
    .unpack_f64 = unpack_f64,
    .turn_f32 = turn_f32,
    .turn_f64 = turn_f64,
    .add_f32 = add_f32,
    .add_f64 = add_f64,
    .squares_f32 = squares_f32,
    .squares_f64 = squares_f64,
    .descend_f32 = descend_f32,
    .descend_f64 = descend_f64,
    .momentum_f32 = momentum_f32,
    .momentum_f64 = momentum_f64,
    .nesterov_f32 = nesterov_f32,
    .nesterov_f64 = nesterov_f64,
    .adagrad_f32 = adagrad_f32,
    .adagrad_f64 = adagrad_f64,
    .rmsprop_f32 = rmsprop_f32,
    .rmsprop_f64 = rmsprop_f64,
    .adadelta_f32 = adadelta_f32,
    .adadelta_f64 = adadelta_f64,
    .adam_f32 = adam_f32,
    .adam_f64 = adam_f64,
    .permute = permute,
    .uniforms = uniforms,
    .activate_f32 = activate_f32,
    .activate_f64 = activate_f64,
    .derive_f32 = derive_f32,
    .derive_f64 = derive_f64,
    .softmax_f32 = softmax_f32,
    .softmax_f64 = softmax_f64,
    .loss_f32 = loss_f32,
    .loss_f64 = loss_f64,
    .cross_entropy_f32 = cross_entropy_f32,
    .cross_entropy_f64 = cross_entropy_f64,
    .weighted_loss_f32 = weighted_loss_f32,
    .weighted_loss_f64 = weighted_loss_f64,
    .weighted_cross_entropy_f32 = weighted_cross_entropy_f32,
    .weighted_cross_entropy_f64 = weighted_cross_entropy_f64,
    .gather = gather,
    .gather_panels = gather_panels,
    .first_non_finite_f32 = first_non_finite_f32,
    .first_non_finite_f64 = first_non_finite_f64,
    .evaluate_f32 = evaluate_f32,
    .evaluate_f64 = evaluate_f64,
    .independent_bytes = INDEPENDENT_VECTORS * 64,
    .multiply_adds_f32 = multiply_adds_f32,
    .multiply_adds_f64 = multiply_adds_f64,
};
