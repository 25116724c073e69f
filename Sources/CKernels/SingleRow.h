// The gradient of a small network for a single row: units in lanes, where `SmallNetwork.h` has rows. Every number is the same
// sum in the same order, so the bits are the same. Included by `Numbers.h`.

/// The first `count` numbers from `from`, 1 to LANES, and zeros.
ALWAYS VEC NAME(load_some)(const REAL *from, int64_t count) {
#if MASKED_MEMORY && LANES == 16
  return (VEC)_mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), from);
#elif MASKED_MEMORY
  return (VEC)_mm512_maskz_loadu_pd((__mmask8)((1u << count) - 1), from);
#else
  VEC v = NAME(splat)(0);
  if (count == LANES)
    memcpy(&v, from, sizeof v);
  else
    for (int64_t k = 0; k < count; k++) v[k] = from[k];
  return v;
#endif
}

/// Stores the first `count` lanes, 1 to LANES.
ALWAYS void NAME(store_some)(REAL *to, VEC v, int64_t count) {
#if MASKED_MEMORY && LANES == 16
  _mm512_mask_storeu_ps(to, (__mmask16)((1u << count) - 1), (__m512)v);
#elif MASKED_MEMORY
  _mm512_mask_storeu_pd(to, (__mmask8)((1u << count) - 1), (__m512d)v);
#else
  if (count == LANES)
    memcpy(to, &v, sizeof v);
  else
    for (int64_t k = 0; k < count; k++) to[k] = v[k];
#endif
}

/// The numbers of one of a layer's vectors that begins with unit `first`.
ALWAYS int64_t NAME(lanes_from)(int64_t first, int64_t count) { return count - first < LANES ? count - first : LANES; }

/// `count` rounded up to whole vectors.
ALWAYS int64_t NAME(whole)(int64_t count) { return (count + LANES - 1) / LANES * LANES; }

/// The outputs of a layer, or its weighted sums if `known` is not `outputs`; both in whole vectors.
ALWAYS void NAME(run_row)(const ck_layer *layer, const REAL *parameters, const REAL *in, REAL *known, REAL *outputs) {
  const int is_relu = layer->activation == ck_relu;
  for (int64_t o = 0; o < layer->outputs; o += LANES) {
    const int64_t here = NAME(lanes_from)(o, layer->outputs);
    const REAL *const kernel = parameters + layer->kernel + o;
    VEC a = NAME(load_some)(parameters + layer->bias + o, here);
    for (int64_t i = 0; i < layer->inputs; i++)
      a = NAME(fma)(NAME(splat)(in[i]), NAME(load_some)(kernel + i * layer->outputs, here), a);
    if (is_relu) a = NAME(activated)(a, ck_relu);
    *(VEC *)(known + o) = a;
  }
  if (!is_relu && layer->activation != ck_identity)
    NAME(activate)(known, outputs, NAME(whole)(layer->outputs), layer->activation);
}

/// The derivatives by a layer's inputs, in whole vectors: the delta times the kernel.
ALWAYS void NAME(row_below)(const ck_layer *layer, const REAL *parameters, const REAL *delta, REAL *below) {
  const REAL *const kernel = parameters + layer->kernel;
  for (int64_t i = 0; i < layer->inputs; i += LANES) {
    const int64_t here = NAME(lanes_from)(i, layer->inputs);
    VEC s = NAME(splat)(0);
    for (int64_t o = 0; o < layer->outputs; o++) {
      VEC w;
      if (layer->outputs == 1) {
        w = NAME(load_some)(kernel + i, here);
      } else {
        w = NAME(splat)(0);
        for (int64_t k = 0; k < here; k++) w[k] = kernel[(i + k) * layer->outputs + o];
      }
      s = NAME(fma)(NAME(splat)(delta[o]), w, s);
    }
    *(VEC *)(below + i) = s;
  }
}

static REAL NAME(gradient_of_row)(const ck_small_network *network, const REAL *parameters, const ck_rows *from,
                                  int64_t index, REAL *gradient, void *scratch) {
  const ck_layer *const layers = network->layers;
  const int32_t count = network->count;
  // The scratch has a vector for each value of the network and more, so there is room for vectors of values.
  REAL *outputs[CK_MOST_LAYERS], *known[CK_MOST_LAYERS];
  REAL *end = scratch;
  int64_t widest = 0;
  for (int32_t l = 0; l < count; l++) {
    const int64_t room = NAME(whole)(layers[l].outputs);
    known[l] = outputs[l] = end;
    end += room;
    if (ck_needs_sums(layers[l].activation)) {
      known[l] = end;
      end += room;
    }
    if (room > widest) widest = room;
  }
  REAL *delta = end, *below = delta + widest;
  VEC *const tiles = (VEC *)(below + widest);
  const REAL *const input = (const REAL *)from->x + index * (from->record ? from->record : layers[0].inputs);
  for (int32_t l = 0; l < count; l++) NAME(run_row)(layers + l, parameters, l ? outputs[l - 1] : input, known[l], outputs[l]);

  // The loss is that of a tile with one row.
  const int64_t last = layers[count - 1].outputs;
  VEC *const slopes = tiles + last;
  VEC loss = NAME(splat)(0);
  for (int64_t k = 0; k < last; k++) tiles[k] = NAME(splat)(outputs[count - 1][k]);
  for (int64_t k = 0; k < NAME(whole)(last); k++) delta[k] = 0;
  if (network->loss == ck_cross_entropy) {
    NAME(add_classes_of_one)(&loss, tiles, slopes, 0, last, from->targets, &index, 1);
  } else {
    const REAL *const y = from->record ? input + layers[0].inputs : (const REAL *)from->targets + index * last;
    for (int64_t k = 0; k < last; k++) {
      slopes[k] = NAME(splat)(0);
      slopes[k][0] = y[k];
    }
    NAME(tile_loss_of_one)(&loss, tiles, slopes, 0, last, 1, network->loss, (REAL)network->huber_delta);
  }
  for (int64_t k = 0; k < last; k++) delta[k] = slopes[k][0];
  if (network->loss != ck_cross_entropy && layers[count - 1].activation != ck_identity)
    NAME(derive)(delta, known[count - 1], NAME(whole)(last), layers[count - 1].activation);

  for (int32_t l = count - 1; l >= 0; l--) {
    const ck_layer *const layer = layers + l;
    const REAL *const in = l ? outputs[l - 1] : input;
    for (int64_t o = 0; o < layer->outputs; o += LANES) {
      const int64_t here = NAME(lanes_from)(o, layer->outputs);
      const VEC d = *(const VEC *)(delta + o);
      // Adding zero makes a negative zero the positive one that a sum begins with.
      for (int64_t i = 0; i < layer->inputs; i++)
        NAME(store_some)(gradient + layer->kernel + i * layer->outputs + o,
                         NAME(fma)(NAME(splat)(in[i]), d, NAME(splat)(0)) + NAME(splat)(0), here);
      NAME(store_some)(gradient + layer->bias + o, d + NAME(splat)(0), here);
    }
    if (l == 0) break;
    NAME(row_below)(layer, parameters, delta, below);
    if (layers[l - 1].activation != ck_identity)
      NAME(derive)(below, known[l - 1], NAME(whole)(layer->inputs), layers[l - 1].activation);
    REAL *const swap = delta;
    delta = below;
    below = swap;
  }
  return NAME(sum)(loss);
}
