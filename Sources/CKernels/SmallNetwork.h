// The gradients of small networks, with TILE vectors a value of the network and rows that are WEIGHTED or not: included once for
// each such pair, which names its functions with SMALL.

#define ROWS (TILE * LANES)

/// The columns of up to ROWS rows, one lane a row; lanes without a row are zero.
ALWAYS void SMALL(collect)(const REAL *restrict source, int32_t width, const int64_t *restrict indices, int64_t rows,
                          VEC *restrict columns) {
  REAL *restrict lanes = (REAL *)columns;
  if (rows == ROWS && width == 1) {
    // Gather instructions take longer.
#pragma clang loop vectorize(disable)
    for (int row = 0; row < ROWS; row++) lanes[row] = source[indices[row]];
    return;
  }
  if (rows == ROWS && width == 2) {
    // The commonest widths by far for small networks, worth loops of their own.
    for (int row = 0; row < ROWS; row++) {
      const REAL *from = source + indices[row] * 2;
      lanes[row] = from[0];
      lanes[ROWS + row] = from[1];
    }
    return;
  }
  for (int32_t column = 0; column < width; column++) {
    for (int64_t row = 0; row < rows; row++) lanes[column * ROWS + row] = source[indices[row] * width + column];
    for (int64_t row = rows; row < ROWS; row++) lanes[column * ROWS + row] = 0;
  }
}

/// The columns of up to ROWS rows whose numbers lie together: whole rows are loaded, and transposed in registers.
ALWAYS void SMALL(collect_records)(const REAL *restrict records, const int32_t quads, const int32_t inputs, const int32_t targets,
                                   const int64_t *restrict indices, int64_t rows, VEC *input, VEC *delta, VEC *weight) {
  for (int t = 0; t < TILE; t++) {
    const int64_t first = t * LANES;
    for (int32_t q = 0; q < quads; q++) {
      NAME(quad) parts[LANES];
      if (rows >= first + LANES) {
        for (int lane = 0; lane < LANES; lane++) parts[lane] = ((const NAME(quad) *)records)[indices[first + lane] * quads + q];
      } else {
        for (int lane = 0; lane < LANES; lane++)
          parts[lane] = first + lane < rows ? ((const NAME(quad) *)records)[indices[first + lane] * quads + q] : (NAME(quad)){0};
      }
      VEC columns[4];
      NAME(transpose_quads)(parts, columns);
      for (int32_t k = 0; k < 4; k++) {
        const int32_t column = 4 * q + k;
        if (column < inputs)
          input[column * TILE + t] = columns[k];
        else if (column < inputs + targets)
          delta[(column - inputs) * TILE + t] = columns[k];
        else if (WEIGHTED && column == inputs + targets)
          weight[t] = columns[k];
      }
    }
  }
}

/// The features, targets and weights of up to ROWS rows. No `targets`, if they are classes.
ALWAYS void SMALL(collect_rows)(const ck_rows *from, const int32_t inputs, const int32_t targets, const int64_t *indices,
                                int64_t rows, VEC *input, VEC *delta, VEC *weight) {
  if (from->record) {
    // So the compiler knows it where it knows the others.
    const int32_t quads = (inputs + targets + WEIGHTED + 3) / 4;
    SMALL(collect_records)(from->x, quads, inputs, targets, indices, rows, input, delta, weight);
    return;
  }
  SMALL(collect)(from->x, inputs, indices, rows, input);
  if (targets) SMALL(collect)(from->targets, targets, indices, rows, delta);
  if (WEIGHTED) SMALL(collect)(from->weights, 1, indices, rows, weight);
}

/// The losses of a tile, which is TILE vectors a value with one row a lane, `rows` of them there: adds them to `total`.
/// `delta` holds the targets and receives the derivatives. `weights` are a tile of the rows' weights, if they have any.
ALWAYS void SMALL(add_tile)(VEC *total, const VEC *outputs, VEC *delta, const VEC *weights, int64_t targets, int64_t rows,
                           const int32_t loss, REAL huber) {
  for (int64_t v = 0; v < targets * TILE; v++) {
    VEC a = outputs[v];
    const int64_t valid = rows - v % TILE * LANES;
    if (valid < LANES) {
      // Lanes without a row must not count; their targets are zero.
      REAL lanes[LANES];
      memcpy(lanes, &a, sizeof a);
      for (int64_t lane = valid < 0 ? 0 : valid; lane < LANES; lane++) lanes[lane] = NAME(no_output)(loss);
      memcpy(&a, lanes, sizeof a);
    }
    const VEC weight = WEIGHTED ? weights[v % TILE] : NAME(splat)(0);
    *total = NAME(add_loss)(*total, &a, delta[v], delta + v, weight, WEIGHTED, loss, huber);
  }
}

/// As `add_tile`, for the cross-entropy of the rows' classes, and with the same bits a row as `cross_entropy`.
ALWAYS void SMALL(add_classes)(VEC *total, const VEC *logits, VEC *delta, const VEC *weights, int64_t classes,
                              const int32_t *labels, const int64_t *indices, int64_t rows) {
  for (int t = 0; t < TILE; t++) {
    INTEGER lanes[LANES];
    for (int64_t lane = 0; lane < LANES; lane++)
      lanes[lane] = t * LANES + lane < rows ? labels[indices[t * LANES + lane]] : -1;
    IVEC label;
    memcpy(&label, lanes, sizeof label);
    VEC largest = logits[t], logit = logits[t], parts[LANES];
    for (int64_t k = 1; k < classes; k++) {
      const VEC z = logits[k * TILE + t];
      largest = NAME(larger)(largest, z);
      logit = NAME(choose)(label == (INTEGER)k, z, logit);
    }
    for (int64_t k = 0; k < classes; k++) {
      const VEC e = NAME(exponential)(logits[k * TILE + t] - largest);
      delta[k * TILE + t] = e;
      parts[k % LANES] = k < LANES ? e : parts[k % LANES] + e;
    }
    // Parts that no class has are zero: adding them is left out.
    for (int64_t width = LANES / 2; width; width /= 2)
      for (int64_t k = 0; k < width && k + width < classes; k++) parts[k] += parts[k + width];
    const VEC scale = NAME(splat)(1) / parts[0];
    // Lanes without a row must not count.
    const IVEC here = label >= 0;
    VEC loss = NAME(logarithm)(parts[0]) + (largest - logit);
    if (WEIGHTED) loss *= weights[t];
    *total += (VEC)(here & (IVEC)loss);
    for (int64_t k = 0; k < classes; k++) {
      const VEC p = delta[k * TILE + t] * scale;
      VEC slope = NAME(choose)(label == (INTEGER)k, p - NAME(splat)(1), p);
      if (WEIGHTED) slope *= weights[t];
      delta[k * TILE + t] = (VEC)(here & (IVEC)slope);
    }
  }
}

static void SMALL(tile_loss)(VEC *total, const VEC *outputs, VEC *delta, const VEC *weights, int64_t targets, int64_t rows,
                            int32_t loss, REAL huber) {
  switch (loss) {
    case ck_half_squared_error:
      SMALL(add_tile)(total, outputs, delta, weights, targets, rows, ck_half_squared_error, huber);
      break;
    case ck_absolute_error:
      SMALL(add_tile)(total, outputs, delta, weights, targets, rows, ck_absolute_error, huber);
      break;
    case ck_huber:
      SMALL(add_tile)(total, outputs, delta, weights, targets, rows, ck_huber, huber);
      break;
    case ck_binary_cross_entropy:
      SMALL(add_tile)(total, outputs, delta, weights, targets, rows, ck_binary_cross_entropy, huber);
      break;
    default:
      SMALL(add_tile)(total, outputs, delta, weights, targets, rows, ck_squared_error, huber);
  }
}

/// The sum of all vectors of a tile, added to `sum`.
ALWAYS VEC SMALL(add_up)(VEC sum, const VEC *d) {
#if TILE == 4
  return sum + ((d[0] + d[1]) + (d[2] + d[3]));
#else
  return sum + d[0];
#endif
}

/// The sum of the products of two tiles, added to `sum`.
ALWAYS VEC SMALL(add_products)(VEC sum, const VEC *a, const VEC *d) {
#if TILE == 4
  const VEC even = NAME(fma)(a[2], d[2], NAME(fma)(a[0], d[0], sum));
  const VEC odd = NAME(fma)(a[3], d[3], a[1] * d[1]);
  return even + odd;
#else
  return NAME(fma)(a[0], d[0], sum);
#endif
}

/// The totals of the lanes of one vector a parameter.
ALWAYS void SMALL(add_lanes)(const VEC *sums, int32_t parameter_count, REAL *gradient) {
  int32_t p = 0;
  for (; p + LANES <= parameter_count; p += LANES) {
    const VEC total = NAME(sums)(sums + p);
    memcpy(gradient + p, &total, sizeof total);
  }
  if (p < parameter_count) {
    const VEC total = NAME(sums)(sums + p);
    for (int lane = 0; p + lane < parameter_count; lane++) gradient[p + lane] = total[lane];
  }
}

/// Whether `units_tile` can do it: one hidden layer of rectified units and one output, the commonest of small networks.
ALWAYS int SMALL(is_of_units)(const ck_small_network *network) {
  const ck_layer *const layers = network->layers;
  return network->count == 2 && layers[0].activation == ck_relu && layers[1].activation == ck_identity &&
         layers[1].outputs == 1 && network->loss != ck_cross_entropy;
}

/// One tile of such a network, whose sums it sets, if it is the first, or adds to. What is known of a hidden unit is used at once,
/// while it is in registers; every number is made by the same operations in the same order as by `any_gradient`. Rows that are
/// `coming` are asked for meanwhile, if they are `far`.
ALWAYS void SMALL(units_tile)(const int first, const int far, const int32_t inputs, const ck_small_network *network,
                              const REAL *parameters, const ck_rows *from, const int64_t *indices, int64_t rows,
                              coming_rows *coming, VEC *input, VEC *outputs, VEC *sums, VEC *loss) {
  const ck_layer hidden = network->layers[0], top = network->layers[1];
  const VEC zero = NAME(splat)(0);
  VEC y[TILE], delta[TILE], weight[TILE];
  SMALL(collect_rows)(from, inputs, 1, indices, rows, input, delta, weight);
  if (far) let_come(coming, rows);
  for (int t = 0; t < TILE; t++) y[t] = NAME(splat)(parameters[top.bias]);
  for (int32_t o = 0; o < hidden.outputs; o++) {
    VEC a[TILE];
    for (int t = 0; t < TILE; t++) a[t] = NAME(splat)(parameters[hidden.bias + o]);
    for (int32_t i = 0; i < inputs; i++) {
      const VEC w = NAME(splat)(parameters[hidden.kernel + i * hidden.outputs + o]);
      for (int t = 0; t < TILE; t++) a[t] = NAME(fma)(input[i * TILE + t], w, a[t]);
    }
    const VEC w = NAME(splat)(parameters[top.kernel + o]);
    for (int t = 0; t < TILE; t++) {
      a[t] = NAME(activated)(a[t], ck_relu);
      outputs[o * TILE + t] = a[t];
      y[t] = NAME(fma)(a[t], w, y[t]);
    }
    if (far) bring_rows(coming, rows_a_unit);
  }
  SMALL(tile_loss)(loss, y, delta, weight, 1, rows, network->loss, (REAL)network->huber_delta);
  sums[top.bias] = SMALL(add_up)(first ? zero : sums[top.bias], delta);
  for (int32_t o = 0; o < hidden.outputs; o++) {
    const VEC w = NAME(splat)(parameters[top.kernel + o]);
    const VEC *a = outputs + o * TILE;
    VEC *sum = sums + top.kernel + o;
    *sum = SMALL(add_products)(first ? zero : *sum, a, delta);
    VEC d[TILE];
    for (int t = 0; t < TILE; t++) d[t] = NAME(slope)(NAME(fma)(delta[t], w, zero), a[t], ck_relu);
    sum = sums + hidden.bias + o;
    *sum = SMALL(add_up)(first ? zero : *sum, d);
    for (int32_t i = 0; i < inputs; i++) {
      sum = sums + hidden.kernel + i * hidden.outputs + o;
      *sum = SMALL(add_products)(first ? zero : *sum, input + i * TILE, d);
    }
    if (far) bring_rows(coming, rows_a_unit);
  }
  if (far) bring_rows(coming, ROWS);
}

/// The gradient of such a network; `inputs` is that of the network, and best a constant.
ALWAYS REAL SMALL(units_gradient)(const int far, const int32_t inputs, const ck_small_network *network, const REAL *parameters,
                                  const ck_rows *from, const int64_t *indices, int64_t rows, coming_rows *coming, REAL *gradient,
                                  VEC *input) {
  VEC *const outputs = input + inputs * TILE, *const sums = outputs + (int64_t)network->layers[0].outputs * TILE;
  const int32_t count = network->parameters;
  for (int32_t p = count; p % LANES; p++) sums[p] = NAME(splat)(0);
  VEC loss = NAME(splat)(0);
  SMALL(units_tile)(1, far, inputs, network, parameters, from, indices, rows < ROWS ? rows : ROWS, coming, input, outputs, sums, &loss);
  for (int64_t start = ROWS; start < rows; start += ROWS)
    SMALL(units_tile)(0, far, inputs, network, parameters, from, indices + start, rows - start < ROWS ? rows - start : ROWS, coming, input,
                      outputs, sums, &loss);
  SMALL(add_lanes)(sums, count, gradient);
  return NAME(sum)(loss);
}

/// The gradient of any network; rows that are `coming` are asked for meanwhile, if they are `far`.
ALWAYS REAL SMALL(any_gradient)(const int far, const ck_small_network *network, const REAL *parameters, const ck_rows *from,
                                const int64_t *indices, int64_t rows, coming_rows *coming, REAL *gradient, void *scratch) {
  const ck_layer *const layers = network->layers;
  if (SMALL(is_of_units)(network)) {
    const int32_t inputs = layers[0].inputs;
    return inputs == 2
               ? SMALL(units_gradient)(far, 2, network, parameters, from, indices, rows, coming, gradient, scratch)
               : SMALL(units_gradient)(far, inputs, network, parameters, from, indices, rows, coming, gradient, scratch);
  }
  const int32_t count = network->count, parameter_count = network->parameters;
  // Every value of the network is a tile: TILE vectors, one lane for each of ROWS rows. What tells a layer's derivatives
  // are its outputs, or else its weighted sums, which then have tiles of their own.
  VEC *outputs[CK_MOST_LAYERS], *known[CK_MOST_LAYERS];
  VEC *const input = scratch;
  VEC *end = input + (int64_t)layers[0].inputs * TILE;
  int32_t widest = 0;
  for (int32_t l = 0; l < count; l++) {
    outputs[l] = end;
    end += (int64_t)layers[l].outputs * TILE;
    known[l] = outputs[l];
    if (ck_needs_sums(layers[l].activation)) {
      known[l] = end;
      end += (int64_t)layers[l].outputs * TILE;
    }
    if (layers[l].outputs > widest) widest = layers[l].outputs;
  }
  VEC *delta = end;
  VEC *below_delta = delta + (int64_t)widest * TILE;
  // One vector of partial sums a parameter.
  VEC *const sums = below_delta + (int64_t)widest * TILE;
  const int32_t padded = (parameter_count + LANES - 1) / LANES * LANES;
  // One tile sets all sums of parameters; more add to them.
  const int single = TILE == 1;
  for (int32_t p = single ? parameter_count : 0; p < padded; p++) sums[p] = NAME(splat)(0);
  VEC loss = NAME(splat)(0);
  const int32_t last = layers[count - 1].outputs, last_activation = layers[count - 1].activation;

  for (int64_t start = 0; start < rows; start += ROWS) {
    const int64_t here = rows - start < ROWS ? rows - start : ROWS;
    // delta first holds the targets, then the derivative by the last layer's outputs, then that by its weighted sums.
    VEC weight[TILE];
    SMALL(collect_rows)(from, layers[0].inputs, network->loss == ck_cross_entropy ? 0 : last, indices + start, here, input,
                        delta, weight);

    if (far) let_come(coming, here);
    const VEC *in = input;
    for (int32_t l = 0; l < count; l++) {
      const ck_layer layer = layers[l];
      const REAL *kernel = parameters + layer.kernel;
      const int is_relu = layer.activation == ck_relu;
      for (int32_t o = 0; o < layer.outputs; o++) {
        VEC a[TILE];
        for (int t = 0; t < TILE; t++) a[t] = NAME(splat)(parameters[layer.bias + o]);
        for (int32_t i = 0; i < layer.inputs; i++) {
          const VEC w = NAME(splat)(kernel[i * layer.outputs + o]);
          const VEC *column = in + i * TILE;
          for (int t = 0; t < TILE; t++) a[t] = NAME(fma)(column[t], w, a[t]);
        }
        // The commonest one at once, others in a pass of their own.
        VEC *out = known[l] + o * TILE;
        for (int t = 0; t < TILE; t++) out[t] = is_relu ? NAME(activated)(a[t], ck_relu) : a[t];
        if (far) bring_rows(coming, rows_a_unit);
      }
      if (!is_relu && layer.activation != ck_identity)
        NAME(activate)((REAL *)known[l], (REAL *)outputs[l], (int64_t)layer.outputs * ROWS, layer.activation);
      in = outputs[l];
    }

    if (network->loss == ck_cross_entropy) {
      SMALL(add_classes)(&loss, in, delta, weight, last, from->targets, indices + start, here);
    } else {
      SMALL(tile_loss)(&loss, in, delta, weight, last, here, network->loss, (REAL)network->huber_delta);
      if (last_activation != ck_identity)
        NAME(derive)((REAL *)delta, (REAL *)known[count - 1], (int64_t)last * ROWS, last_activation);
    }

    for (int32_t l = count - 1; l >= 0; l--) {
      const ck_layer layer = layers[l];
      const VEC *below = l ? outputs[l - 1] : input;
      for (int32_t o = 0; o < layer.outputs; o++) {
        VEC d[TILE];
        memcpy(d, delta + o * TILE, sizeof d);
        sums[layer.bias + o] = SMALL(add_up)(single ? NAME(splat)(0) : sums[layer.bias + o], d);
        for (int32_t i = 0; i < layer.inputs; i++) {
          const VEC *column = below + i * TILE;
          VEC *sum = sums + layer.kernel + i * layer.outputs + o;
          *sum = SMALL(add_products)(single ? NAME(splat)(0) : *sum, column, d);
        }
        if (far) bring_rows(coming, rows_a_unit);
      }
      if (l == 0) {
        if (far) bring_rows(coming, ROWS);
        break;
      }
      const REAL *kernel = parameters + layer.kernel;
      const int32_t activation = layers[l - 1].activation;
      const int is_relu = activation == ck_relu;
      for (int32_t i = 0; i < layer.inputs; i++) {
        VEC s[TILE];
        for (int t = 0; t < TILE; t++) s[t] = NAME(splat)(0);
        for (int32_t o = 0; o < layer.outputs; o++) {
          const VEC w = NAME(splat)(kernel[i * layer.outputs + o]);
          const VEC *d = delta + o * TILE;
          for (int t = 0; t < TILE; t++) s[t] = NAME(fma)(d[t], w, s[t]);
        }
        const VEC *a = below + i * TILE;
        VEC *next = below_delta + i * TILE;
        for (int t = 0; t < TILE; t++) next[t] = is_relu ? NAME(slope)(s[t], a[t], ck_relu) : s[t];
      }
      if (!is_relu && activation != ck_identity)
        NAME(derive)((REAL *)below_delta, (REAL *)known[l - 1], (int64_t)layer.inputs * ROWS, activation);
      VEC *swap = delta;
      delta = below_delta;
      below_delta = swap;
    }
  }

  SMALL(add_lanes)(sums, parameter_count, gradient);
  return NAME(sum)(loss);
}

static REAL SMALL(gradient)(const ck_small_network *network, const REAL *parameters, const ck_rows *from, const int64_t *indices,
                            int64_t rows, REAL *gradient, void *scratch) {
  return SMALL(any_gradient)(0, network, parameters, from, indices, rows, 0, gradient, scratch);
}

/// A function of its own: rows that are near take no time for others.
static REAL SMALL(gradient_from_afar)(const ck_small_network *network, const REAL *parameters, const ck_rows *from,
                                      const int64_t *indices, int64_t rows, coming_rows *coming, REAL *gradient, void *scratch) {
  return SMALL(any_gradient)(1, network, parameters, from, indices, rows, coming, gradient, scratch);
}

#undef ROWS
#undef TILE
#undef WEIGHTED
#undef SMALL
