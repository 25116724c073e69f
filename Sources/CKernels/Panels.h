// Products over whole minibatches: all operands in panels, so that every inner loop streams. Included by `Numbers.h`.
//
// A panel holds LANES columns of a matrix, row after row: element (k, n) of a matrix whose panels are P numbers apart lies
// at n / LANES * P + k * LANES + n % LANES. For weights with K rows, P is K * LANES, and what the last panel lacks is zero.

/// sums[r][v] += a[r] * panel vector v over `terms` terms in ascending order.
ALWAYS void NAME(accumulate)(const int rows, const int vectors, int64_t terms, const REAL *const a[PRODUCT_ROWS], const int64_t a_term,
                             const REAL *restrict b, int64_t b_panel, VEC sums[PRODUCT_ROWS][PRODUCT_VECTORS]) {
  // Counting takes up to a sixth as many instructions as a term. It matters where two threads share a core, and what decodes them.
  _Pragma("clang loop unroll_count(2)")
  for (int64_t i = 0; i < terms; i++) {
    VEC row[PRODUCT_VECTORS];
    EACH(v, vectors) row[v] = *(const VEC *)(b + i * LANES + v * b_panel);
    EACH(r, rows) {
      const VEC factor = NAME(splat)(a[r][i * a_term]);
      EACH(v, vectors) sums[r][v] = NAME(fma)(factor, row[v], sums[r][v]);
    }
  }
}

/// Applies an activation to finished elements, or multiplies them by its slope at the activations `gate`, if there are some.
static __attribute__((noinline)) void NAME(finish)(int64_t rows, int vectors, REAL *c, int64_t c_panel, const REAL *gate,
                                                   int32_t activation) {
  for (int v = 0; v < vectors; v++) {
    REAL *const from = c + v * c_panel;
    if (gate)
      NAME(derive)(from, gate + v * c_panel, rows * LANES, activation);
    else
      NAME(activate)(from, from, rows * LANES, activation);
  }
}

/// A tile of a product over some of its terms: begun with `begin`, or else gone on with from c; finished if `last`. With every
/// LANES terms, `lines` vectors from `next` on are brought near in each of the panels.
ALWAYS void NAME(panel_tile)(const int rows, const int vectors, int64_t terms, const REAL *a, int64_t a_panel,
                             const REAL *panels, const REAL *next, int64_t lines, int64_t panel, const VEC *begin, REAL *c,
                             int64_t c_panel, const REAL *gate, int32_t activation, int last) {
  VEC sums[PRODUCT_ROWS][PRODUCT_VECTORS];
  EACH(r, rows)
    EACH(v, vectors) sums[r][v] = begin ? begin[v] : *(const VEC *)(c + r * LANES + v * c_panel);
  const REAL *from[PRODUCT_ROWS];
  int64_t done = 0;
  for (; done + LANES <= terms; done += LANES) {
    for (int64_t n = 0; n < lines; n++, next += LANES)
      EACH(v, vectors) __builtin_prefetch(next + v * panel, 0, 2);
    EACH(r, rows) from[r] = a + r * LANES;
    NAME(accumulate)(rows, vectors, LANES, from, 1, panels + done * LANES, panel, sums);
    a += a_panel;
  }
  if (done < terms) {
    EACH(r, rows) from[r] = a + r * LANES;
    NAME(accumulate)(rows, vectors, terms - done, from, 1, panels + done * LANES, panel, sums);
  }
  // The commonest activation is applied while the sums are in registers.
  const int inside = last && activation == ck_relu;
  EACH(r, rows)
    EACH(v, vectors) {
      const int64_t at = r * LANES + v * c_panel;
      VEC value = sums[r][v];
      if (inside && gate) value = NAME(slope)(value, *(const VEC *)(gate + at), ck_relu);
      if (inside && !gate) value = NAME(activated)(value, ck_relu);
      *(VEC *)(c + at) = value;
    }
  if (last && !inside && activation != ck_identity) NAME(finish)(rows, vectors, c, c_panel, gate, activation);
}

/// All rows of one block of columns over some of the terms. `next` is where the panels begin that are read after these.
ALWAYS void NAME(panel_block)(const int vectors, int64_t m, int64_t terms, const REAL *a, int64_t a_panel,
                              const REAL *panels, const REAL *next, int64_t panel, const VEC *begin, REAL *c,
                              int64_t c_panel, const REAL *gate, int32_t activation, int last) {
  int64_t row = 0, near = 0;
  // A little with every few terms: more at once would wait for each other.
  int64_t lines = m < PRODUCT_ROWS ? 0 : (LANES * PRODUCT_ROWS + m - 1) / m;
#define TILES(count)                                                                                                   \
  for (; row + count <= m; row += count) {                                                                             \
    NAME(panel_tile)(count, vectors, terms, a + row * LANES, a_panel, panels, next + near * LANES, lines, panel,       \
                     begin, c + row * LANES, c_panel, gate ? gate + row * LANES : 0, activation, last);                \
    near += lines * (terms / LANES);                                                                                   \
    if (near >= terms) lines = 0;                                                                                      \
  }
  TILES(PRODUCT_ROWS)
#if PRODUCT_ROWS > 4
  TILES(4)
#endif
#if PRODUCT_ROWS > 2
  TILES(2)
#endif
  TILES(1)
#undef TILES
}

static void NAME(panel_product)(int64_t m, int64_t n, int64_t k, const REAL *a, int64_t a_panel, const REAL *panels,
                                const REAL *start, REAL *c, int64_t c_panel, const REAL *gate, int32_t activation) {
  // So many terms at a time, about, that the block of panels stays near while all rows go by: equal parts of whole vectors.
  const int64_t near = 16 * LANES, parts = k < near ? 1 : (k + near / 2) / near;
  const int64_t most = (k + parts * LANES - 1) / (parts * LANES) * LANES;
  const int64_t width = (n + LANES - 1) / LANES, blocks = (width + PRODUCT_VECTORS - 1) / PRODUCT_VECTORS;
  for (int64_t block = 0; block < blocks; block++) {
    const int64_t first = block * width / blocks, vectors = (block + 1) * width / blocks - first;
    const int64_t column = first * LANES;
    VEC begin[PRODUCT_VECTORS];
    memset(begin, 0, sizeof begin);
    if (start) {
      const int64_t columns = n - column < vectors * LANES ? n - column : vectors * LANES;
      memcpy(begin, start + column, (size_t)columns * sizeof(REAL));
    }
    int64_t done = 0;
    do {
      const int64_t terms = k - done < most ? k - done : most;
      const REAL *from = panels + (first * k + done) * LANES;
      const VEC *const beginning = done ? 0 : begin;
      const REAL *const gates = gate ? gate + first * c_panel : 0;
      const int last = done + terms == k;
      const REAL *const next = last ? panels + (first + vectors) * k * LANES : from + terms * LANES;
#define BLOCK_OF(count)                                                                                                \
  case count:                                                                                                          \
    NAME(panel_block)(count, m, terms, a + done / LANES * a_panel, a_panel, from, next, k *LANES, beginning,           \
                      c + first * c_panel, c_panel, gates, activation, last);                                          \
    break;
      switch (vectors) {
        BLOCK_OF(1)
#if PRODUCT_VECTORS > 1
        BLOCK_OF(2)
#endif
#if PRODUCT_VECTORS > 2
        BLOCK_OF(3)
#endif
        default:
          break;
      }
#undef BLOCK_OF
      done += terms;
    } while (done < k);
  }
}

/// What is brought near while a block of a weight gradient is summed, a little with every few terms: more at once would wait
/// for each other.
typedef struct {
  /// The deltas that are read after these, and how many of their rows are fetched at a time.
  const REAL *next;
  int64_t d_panel, next_rows;
  /// What is wanted after the whole block, or NULL; from which row on; how many rows at a time; after how many times; and
  /// before how many.
  const ck_soon *soon;
  int64_t row, rows, soon_rows, period, left;
} NAME(ahead);

ALWAYS void NAME(fetch)(const int vectors, NAME(ahead) *ahead) {
  for (int64_t n = 0; n < ahead->next_rows; n++) {
    for (int v = 0; v < vectors; v++) __builtin_prefetch(ahead->next + v * ahead->d_panel, 0, 2);
    ahead->next += LANES;
  }
  if (--ahead->left) return;
  ahead->left = ahead->period;
  const ck_soon *const soon = ahead->soon;
  for (int64_t n = 0; n < ahead->soon_rows && ahead->row < ahead->rows; n++) {
    const int64_t r = ahead->row++;
    for (int part = 0; part < soon->parts; part++)
      for (int v = 0; v < vectors; v++)
        __builtin_prefetch((const char *)soon->bases[part] + soon->offset + v * soon->panel + r * 64, 1, 2);
    if (soon->turned)
      for (int v = 0; v < vectors; v++)
        __builtin_prefetch((const char *)soon->turned + r / LANES * soon->turned_panel + (r % LANES + v * LANES) * 64, 1, 2);
  }
}

/// A tile of a weight gradient over one shard, joined with the `merges` sums before it in `stack`, `level` numbers apart; its
/// panels are `panel` numbers apart. `a_run` numbers are between the factors of LANES rows and the next.
ALWAYS void NAME(gradient_tile)(const int rows, const int vectors, int64_t terms, const REAL *from[PRODUCT_ROWS],
                                int64_t a_run, const REAL *d, int64_t d_panel, int merges, REAL *stack, int64_t panel,
                                int64_t level, NAME(ahead) *ahead) {
  VEC sums[PRODUCT_ROWS][PRODUCT_VECTORS];
  for (int r = 0; r < rows; r++)
    for (int v = 0; v < vectors; v++) sums[r][v] = NAME(splat)(0);
  for (; terms >= LANES; terms -= LANES) {
    NAME(fetch)(vectors, ahead);
    NAME(accumulate)(rows, vectors, LANES, from, LANES, d, d_panel, sums);
    for (int r = 0; r < rows; r++) from[r] += a_run;
    d += LANES * LANES;
  }
  if (terms > 0) NAME(accumulate)(rows, vectors, terms, from, LANES, d, d_panel, sums);
  for (; merges > 0; merges--) {
    stack -= level;
    for (int r = 0; r < rows; r++)
      for (int v = 0; v < vectors; v++) sums[r][v] = *(const VEC *)(stack + v * panel + r * LANES) + sums[r][v];
  }
  for (int r = 0; r < rows; r++)
    for (int v = 0; v < vectors; v++) *(VEC *)(stack + v * panel + r * LANES) = sums[r][v];
}

/// One shard's part of a block of a weight gradient.
ALWAYS void NAME(gradient_shard)(const int vectors, int64_t m, int64_t terms, const REAL *a, int64_t a_panel,
                                 const REAL *d, int64_t d_panel, int merges, REAL *stack, int64_t level,
                                 NAME(ahead) *ahead) {
  static const REAL ones[LANES * LANES] = {[0 ... LANES * LANES - 1] = 1};
  int64_t row = 0;
#define TILES(count)                                                                                                   \
  for (; row + count <= m; row += count) {                                                                             \
    const REAL *from[PRODUCT_ROWS];                                                                                    \
    if (LANES % count == 0 && LANES % PRODUCT_ROWS == 0)                                                               \
      for (int r = 0; r < count; r++) from[r] = a ? a + row / LANES * a_panel + row % LANES + r : ones;                \
    else                                                                                                               \
      for (int r = 0; r < count; r++)                                                                                  \
        from[r] = a ? a + (row + r) / LANES * a_panel + (row + r) % LANES : ones;                                      \
    NAME(gradient_tile)(count, vectors, terms, from, a ? LANES * LANES : 0, d, d_panel, merges, stack + row * LANES,   \
                        m *LANES, level, ahead);                                                                       \
  }
  TILES(PRODUCT_ROWS)
#if PRODUCT_ROWS > 4
  TILES(4)
#endif
#if PRODUCT_ROWS > 2
  TILES(2)
#endif
  TILES(1)
#undef TILES
}

static void NAME(weight_gradient)(int64_t m, int32_t vectors, int64_t rows, int64_t shard, const REAL *a, int64_t a_panel,
                                  const REAL *d, int64_t d_panel, REAL *stack, const ck_soon *soon) {
  const int64_t level = m * vectors * LANES;
  // Runs of LANES rows in a tile, and in all tiles of a row.
  const int64_t at_once = LANES * PRODUCT_ROWS;
  // A single row is over too soon to be worth it.
  const int64_t next_rows = m == 1 ? 0 : m * LANES < at_once ? LANES : (at_once + m - 1) / m;
  NAME(ahead) ahead = {.d_panel = d_panel, .next_rows = next_rows, .soon = soon, .rows = m,
                       .soon_rows = (at_once + rows - 1) / rows, .period = rows / at_once + (rows < at_once)};
  ahead.left = soon ? 1 : INT64_MAX;
  int64_t depth = 0;
  for (int64_t index = 0, start = 0; start < rows; index++, start += shard) {
    const int64_t terms = rows - start < shard ? rows - start : shard;
    // A binary counter: leaf number `index` completes as many subtrees as the next number has zeros at its end.
    const int merges = __builtin_ctzll((uint64_t)index + 1);
    const REAL *const from = a ? a + start * LANES : 0;
    REAL *const slot = stack + depth * level;
    // After the last shard, the first one of the next block of columns is likely wanted.
    ahead.next = start + terms < rows ? d + (start + terms) * LANES : d + vectors * d_panel;
    switch (vectors) {
#define SHARD_OF(count)                                                                                                \
  case count:                                                                                                          \
    NAME(gradient_shard)(count, m, terms, from, a_panel, d + start * LANES, d_panel, merges, slot, level, &ahead);     \
    break;
      SHARD_OF(1)
#if PRODUCT_VECTORS > 1
      SHARD_OF(2)
#endif
#if PRODUCT_VECTORS > 2
      SHARD_OF(3)
#endif
#undef SHARD_OF
      default:
        break;
    }
    depth += 1 - merges;
  }
  // What is left are the cut-off subtrees along the right edge.
  for (; depth > 1; depth--) {
    const REAL *const right = stack + (depth - 1) * level;
    REAL *const left = stack + (depth - 2) * level;
    for (int64_t i = 0; i < level; i += LANES) *(VEC *)(left + i) += *(const VEC *)(right + i);
  }
}

/// Transposes four of a panel's columns, over `lanes` rows; `count` of them are there.
ALWAYS void NAME(turn_four)(const REAL *from, const int64_t lanes, const int64_t count, REAL *restrict to) {
  NAME(quad) rows[LANES];
  VEC columns[4];
  for (int row = 0; row < LANES; row++) {
    if (row < lanes)
      memcpy(&rows[row], from + row * LANES, sizeof *rows);
    else
      rows[row] = (NAME(quad)){0};
  }
  NAME(transpose_quads)(rows, columns);
  for (int64_t k = 0; k < count; k++) *(VEC *)(to + k * LANES) = columns[k];
}

static void NAME(turn)(const REAL *panels, int64_t inputs, int64_t outputs, int64_t first_input, int64_t last_input,
                       int64_t first_output, int64_t last_output, REAL *restrict turned) {
  for (int64_t i = first_input; i < last_input; i += LANES) {
    const int64_t lanes = last_input - i < LANES ? last_input - i : LANES;
    for (int64_t o = first_output; o < last_output; o += 4) {
      const REAL *const from = panels + o / LANES * LANES * inputs + i * LANES + o % LANES;
      REAL *const to = turned + i * outputs + o * LANES;
      if (lanes == LANES && last_output - o >= 4)
        NAME(turn_four)(from, LANES, 4, to);
      else
        NAME(turn_four)(from, lanes, last_output - o < 4 ? last_output - o : 4, to);
    }
  }
}

// Row by row: a row's numbers are neighbours in the matrix, while rows may lie so far apart that they share sets of a cache, and
// that the CPU does not foresee the next. So it is asked for; what would be behind the matrix is never read.

enum { NAME(rows_ahead) = 8 };

static void NAME(pack)(const REAL *w, int64_t inputs, int64_t outputs, int64_t first_input, int64_t last_input,
                       int64_t first_output, int64_t last_output, REAL *restrict panels) {
  const int64_t whole = first_output + (last_output - first_output) / LANES * LANES;
  for (int64_t i = first_input; i < last_input; i++) {
    const REAL *const from = w + i * outputs;
    const REAL *const ahead = from + NAME(rows_ahead) * outputs;
    for (int64_t o = first_output; o < whole; o += LANES) {
      memcpy(panels + o * inputs + i * LANES, from + o, sizeof(VEC));
      __builtin_prefetch(ahead + o, 0, 3);
    }
    if (whole == last_output) continue;
    REAL *const to = panels + whole * inputs + i * LANES;
    for (int64_t lane = 0; lane < LANES; lane++) to[lane] = whole + lane < last_output ? from[whole + lane] : 0;
  }
}

static void NAME(unpack)(const REAL *panels, int64_t inputs, int64_t outputs, int64_t first_input, int64_t last_input,
                         int64_t first_output, int64_t last_output, REAL *restrict w) {
  const int64_t whole = first_output + (last_output - first_output) / LANES * LANES;
  for (int64_t i = first_input; i < last_input; i++) {
    REAL *const to = w + i * outputs;
    const REAL *const ahead = to + NAME(rows_ahead) * outputs;
    for (int64_t o = first_output; o < whole; o += LANES) {
      memcpy(to + o, panels + o * inputs + i * LANES, sizeof(VEC));
      __builtin_prefetch(ahead + o, 1, 3);
    }
    for (int64_t o = whole; o < last_output; o++) to[o] = panels[whole * inputs + i * LANES + o - whole];
  }
}
