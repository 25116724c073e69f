// Losses: their sums over rows and their derivatives, each in one pass.

/// Adds one loss of every lane to `total`, and sets `derivative`.
///
/// `output` is the activation, by which the derivative is; for binary cross-entropy it is the weighted sum z, becomes
/// sigmoid(z), and the derivative is by z. If `weighted`, loss and derivative are multiplied by `weight`; by ones, they keep
/// their bits.
ALWAYS VEC NAME(add_loss)(VEC total, VEC *output, VEC target, VEC *derivative, VEC weight, const int weighted, int32_t loss,
                          REAL huber) {
#define WEIGHED(x) (weighted ? weight * (x) : (x))
  const VEC zero = NAME(splat)(0), one = NAME(splat)(1), half = NAME(splat)((REAL)0.5);
  if (loss == ck_binary_cross_entropy) {
    const VEC z = *output, e = NAME(exponential)(-NAME(magnitude)(z));
    *output = NAME(logistic_of)(z, e);
    *derivative = WEIGHED(*output - target);
    const VEC positive = NAME(choose)(z < zero, zero, z);
    return total + WEIGHED(NAME(fma)(-z, target, positive) + NAME(logarithm_of_one_more)(e));
  }
  const VEC error = *output - target;
  switch (loss) {
    case ck_half_squared_error:
      *derivative = WEIGHED(error);
      return NAME(fma)(WEIGHED(half * error), error, total);
    case ck_absolute_error:
      *derivative = WEIGHED(NAME(choose)(error > zero, one, NAME(choose)(error < zero, -one, error)));
      return total + WEIGHED(NAME(magnitude)(error));
    case ck_huber: {
      const VEC delta = NAME(splat)(huber);
      const VEC near = NAME(choose)(error > delta, delta, NAME(choose)(error < -delta, -delta, error));
      *derivative = WEIGHED(near);
      return NAME(fma)(WEIGHED(near), NAME(fma)(-half, near, error), total);
    }
    default:
      *derivative = WEIGHED(error + error);
      return NAME(fma)(WEIGHED(error), error, total);
  }
#undef WEIGHED
}

/// A weighted sum or output of a lane without a row, with the target 0: it adds exactly nothing to the loss.
ALWAYS REAL NAME(no_output)(int32_t loss) { return loss == ck_binary_cross_entropy ? -1000 : 0; }

/// The weights of the rows, of `columns` numbers each, that numbers `first` up to `end` belong to, at most LANES of them; 0 for
/// lanes beyond.
ALWAYS VEC NAME(weights_of)(const REAL *weights, int64_t first, int64_t end, int64_t columns) {
  REAL lanes[LANES] = {0};
  int64_t row = first / columns, column = first % columns;
  for (int64_t lane = 0; lane < LANES && first + lane < end; lane++) {
    lanes[lane] = weights[row];
    if (++column < columns) continue;
    column = 0;
    row++;
  }
  VEC result;
  memcpy(&result, lanes, sizeof result);
  return result;
}

ALWAYS REAL NAME(all_losses)(REAL *outputs, const REAL *targets, const REAL *weights, int64_t columns, int64_t count,
                             REAL *gradient, const int weighted, const int32_t loss, REAL huber) {
  VEC total = NAME(splat)(0), weight = total, a, t, g;
  int64_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    memcpy(&a, outputs + i, sizeof a);
    memcpy(&t, targets + i, sizeof t);
    if (weighted) weight = NAME(weights_of)(weights, i, count, columns);
    total = NAME(add_loss)(total, &a, t, &g, weight, weighted, loss, huber);
    if (loss == ck_binary_cross_entropy) memcpy(outputs + i, &a, sizeof a);
    memcpy(gradient + i, &g, sizeof g);
  }
  if (i < count) {
    const size_t bytes = (size_t)(count - i) * sizeof(REAL);
    a = NAME(splat)(NAME(no_output)(loss));
    t = NAME(splat)(0);
    memcpy(&a, outputs + i, bytes);
    memcpy(&t, targets + i, bytes);
    if (weighted) weight = NAME(weights_of)(weights, i, count, columns);
    total = NAME(add_loss)(total, &a, t, &g, weight, weighted, loss, huber);
    if (loss == ck_binary_cross_entropy) memcpy(outputs + i, &a, bytes);
    memcpy(gradient + i, &g, bytes);
  }
  return NAME(sum)(total);
}

ALWAYS REAL NAME(loss_of)(REAL *outputs, const REAL *targets, const REAL *weights, int64_t columns, int64_t count,
                          REAL *gradient, const int weighted, int32_t loss, REAL huber) {
#define LOSSES(loss) \
  NAME(all_losses)(outputs, targets, weights, columns, count, gradient, weighted, loss, huber)
  switch (loss) {
    case ck_half_squared_error: return LOSSES(ck_half_squared_error);
    case ck_absolute_error: return LOSSES(ck_absolute_error);
    case ck_huber: return LOSSES(ck_huber);
    case ck_binary_cross_entropy: return LOSSES(ck_binary_cross_entropy);
    default: return LOSSES(ck_squared_error);
  }
#undef LOSSES
}

static REAL NAME(loss)(REAL *outputs, const REAL *targets, int64_t count, REAL *gradient, int32_t loss, REAL huber) {
  return NAME(loss_of)(outputs, targets, 0, 1, count, gradient, 0, loss, huber);
}

static REAL NAME(weighted_loss)(REAL *outputs, const REAL *targets, const REAL *weights, int64_t rows, int64_t columns,
                                REAL *gradient, int32_t loss, REAL huber) {
  return NAME(loss_of)(outputs, targets, weights, columns, rows * columns, gradient, 1, loss, huber);
}

/// Copies fewer than LANES numbers, in pieces of fixed sizes.
ALWAYS void NAME(copy_few)(REAL *to, const REAL *from, int64_t count) {
  for (int64_t piece = LANES / 2; piece; piece /= 2) {
    if (!(count & piece)) continue;
    memcpy(to, from, (size_t)piece * sizeof(REAL));
    to += piece;
    from += piece;
  }
}

/// The larger of both, lane by lane; the first where one is NaN.
ALWAYS VEC NAME(larger)(VEC a, VEC b) { return NAME(choose)(b > a, b, a); }

/// The largest lane.
ALWAYS REAL NAME(largest)(VEC a) {
  REAL lanes[LANES];
  memcpy(lanes, &a, sizeof a);
  for (int width = LANES / 2; width; width /= 2)
    for (int lane = 0; lane < width; lane++)
      lanes[lane] = lanes[lane + width] > lanes[lane] ? lanes[lane + width] : lanes[lane];
  return lanes[0];
}

/// Replaces up to LANES rows of logits z by their softmax. Lane r of `largest` becomes row r's largest logit and lane r of `sum`
/// the sum of its e^(z - largest); 0 and 1 where there is no row.
///
/// Lane j adds up the terms of columns j, j + LANES, ..., and then the lanes are added in the order of `sum`. Columns that
/// fill no vector stay in a vector of their own meanwhile, whose other lanes are minus infinity, and so add nothing.
ALWAYS void NAME(distribute)(REAL *values, int64_t rows, int64_t columns, VEC *largest, VEC *sum) {
  const int64_t whole = columns / LANES * LANES, rest = columns - whole;
  VEC tails[LANES], parts[LANES], x;
  REAL most[LANES] = {0};
  for (int64_t r = 0; r < LANES; r++) parts[r] = (VEC){1};
  for (int64_t r = 0; r < rows; r++) {
    REAL *const row = values + r * columns;
    VEC tail = NAME(splat)(-INFINITY);
    if (rest) NAME(copy_few)((REAL *)&tail, row + whole, rest);
    tails[r] = tail;
    for (int64_t c = 0; c < whole; c += LANES) {
      memcpy(&x, row + c, sizeof x);
      tail = NAME(larger)(x, tail);
    }
    most[r] = NAME(largest)(tail);
    const VEC shift = NAME(splat)(most[r]);
    VEC part = NAME(splat)(0);
    for (int64_t c = 0; c < whole; c += LANES) {
      memcpy(&x, row + c, sizeof x);
      x = NAME(exponential)(x - shift);
      part += x;
      memcpy(row + c, &x, sizeof x);
    }
    if (rest) {
      tails[r] = NAME(exponential)(tails[r] - shift);
      part += tails[r];
    }
    parts[r] = part;
  }
  const VEC total = NAME(sums)(parts), scales = NAME(splat)(1) / total;
  memcpy(largest, most, sizeof most);
  *sum = total;
  REAL scale[LANES];
  memcpy(scale, &scales, sizeof scales);
  for (int64_t r = 0; r < rows; r++) {
    REAL *const row = values + r * columns;
    for (int64_t c = 0; c < whole; c += LANES) {
      memcpy(&x, row + c, sizeof x);
      x *= scale[r];
      memcpy(row + c, &x, sizeof x);
    }
    tails[r] *= scale[r];
    if (rest) NAME(copy_few)(row + whole, (const REAL *)&tails[r], rest);
  }
}

static void NAME(softmax)(REAL *values, int64_t rows, int64_t columns) {
  VEC largest, sum;
  for (int64_t start = 0; start < rows; start += LANES)
    NAME(distribute)(values + start * columns, rows - start < LANES ? rows - start : LANES, columns, &largest, &sum);
}

ALWAYS REAL NAME(cross_entropy_of)(REAL *outputs, const int32_t *labels, const REAL *weights, int64_t rows, int64_t columns,
                                   REAL *gradient, const int weighted) {
  VEC total = NAME(splat)(0);
  for (int64_t start = 0; start < rows; start += LANES) {
    const int64_t here = rows - start < LANES ? rows - start : LANES;
    REAL *const block = outputs + start * columns, *const slopes = gradient + start * columns;
    REAL logits[LANES] = {0};
    for (int64_t r = 0; r < here; r++) logits[r] = block[r * columns + labels[start + r]];
    VEC logit, largest, sum;
    memcpy(&logit, logits, sizeof logit);
    NAME(distribute)(block, here, columns, &largest, &sum);
    // In this order: a logarithm added to a large logit first would lose its digits.
    const VEC losses = NAME(logarithm)(sum) + (largest - logit);
    total += weighted ? NAME(weights_of)(weights, start, rows, 1) * losses : losses;
    memcpy(slopes, block, (size_t)(here * columns) * sizeof(REAL));
    for (int64_t r = 0; r < here; r++) slopes[r * columns + labels[start + r]] -= 1;
    if (!weighted) continue;
    for (int64_t r = 0; r < here; r++)
      for (int64_t c = 0; c < columns; c++) slopes[r * columns + c] *= weights[start + r];
  }
  return NAME(sum)(total);
}

static REAL NAME(cross_entropy)(REAL *outputs, const int32_t *labels, int64_t rows, int64_t columns, REAL *gradient) {
  return NAME(cross_entropy_of)(outputs, labels, 0, rows, columns, gradient, 0);
}

static REAL NAME(weighted_cross_entropy)(REAL *outputs, const int32_t *labels, const REAL *weights, int64_t rows,
                                         int64_t columns, REAL *gradient) {
  return NAME(cross_entropy_of)(outputs, labels, weights, rows, columns, gradient, 1);
}
