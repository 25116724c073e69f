#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>
#include <stdint.h>

// The inner loops that must use the CPU's widest vectors. One body, compiled for several sets of instructions; every
// variant gives the same bits, since lanes, order of additions and fused multiply-adds are written out.

/// What a layer applies to its weighted sums.
enum {
  ck_identity = 0,
  ck_relu = 1,
  ck_sigmoid = 2,
  ck_tanh = 3,
  ck_step = 4,
  ck_leaky_relu = 5,
  ck_elu = 6,
  ck_gelu = 7,
  ck_silu = 8,
  ck_softplus = 9,
};

/// The slope of leaky ReLU below zero.
#define CK_LEAK 0.01

/// Whether an activation's derivative is told by the weighted sums; that of others is told by the outputs.
static inline int ck_needs_sums(int32_t activation) { return activation == ck_gelu || activation == ck_silu; }

/// The losses. With cross-entropy and binary cross-entropy the output layer's activation, softmax or sigmoid, is part of
/// the loss.
enum {
  ck_squared_error = 0,
  ck_half_squared_error = 1,
  ck_absolute_error = 2,
  ck_huber = 3,
  ck_binary_cross_entropy = 4,
  ck_cross_entropy = 5,
};

/// The elementary functions; `ck_normal` is the distribution function of the standard normal distribution.
enum {
  ck_exponential = 0,
  ck_exponential_less_one = 1,
  ck_logarithm = 2,
  ck_logarithm_of_one_more = 3,
  ck_logistic = 4,
  ck_hyperbolic_tangent = 5,
  ck_normal = 6,
};

/// A dense layer: sizes, and where kernel and bias begin in the vector of parameters.
typedef struct {
  int32_t inputs, outputs, kernel, bias, activation;
} ck_layer;

/// A small network of `count` layers with `parameters` parameters, and its loss. The last layer's activation is the identity if
/// the loss contains it.
typedef struct {
  const ck_layer *layers;
  int32_t count, parameters, loss;
  double huber_delta;
} ck_small_network;

/// Where the rows of a small network's minibatch lie, in numbers of its type.
typedef struct {
  /// The features, row after row; or, if there is a `record`, all that belongs to a row.
  const void *x;
  /// The targets of each row, or for cross-entropy a class, of type int32_t. Unused if they are in records.
  const void *targets;
  /// What each row's loss is multiplied by, if it is `weighted`. Unused if it is in records.
  const void *weights;
  /// The numbers from one row of `x` to the next, if a row has more than features: they are followed by its targets, by its
  /// weight if it has one, and by what makes them a multiple of four. 0 if not. Such rows are aligned to four numbers.
  int32_t record;
  int32_t weighted;
  /// Whether rows are picked from so many that most have to be fetched from afar.
  int32_t far;
} ck_rows;

/// A keyed permutation of `count` indices over a rectangle of `height` by `width` cells.
typedef struct {
  uint64_t count;
  uint32_t height, width;
  uint32_t keys[8];
  /// What the first round adds to the row in each column, and after the last column once more in the first 16; NULL if that is not
  /// known ahead.
  const uint32_t *offsets;
} ck_permutation;

/// Memory that will be used soon: in each of several vectors a block as high and as many panels wide as that of a gradient, `offset`
/// bytes behind the vector's base, its panels `panel` bytes apart.
typedef struct {
  const void *const *bases;
  int64_t offset, panel;
  int32_t parts;
  /// Where `turn` puts the block, unless that is NULL, and the bytes from one of its panels to the next.
  const void *turned;
  int64_t turned_panel;
} ck_soon;

/// The most layers of a small network.
#define CK_MOST_LAYERS 8

/// How many rows ahead of those under way a small network's rows are brought near: longer than memory takes to answer, and no
/// more than the nearest cache has room for.
#define CK_ROWS_AHEAD 64

/// The functions of one variant. Types are spelt out for float (f32) and double (f64).
typedef struct {
  /// "avx512", "avx2", "neon" or "baseline".
  const char *name;

  /// The gradient of a small network's loss.
  ///
  /// Sets `gradient[parameters]` to the sum over `rows` rows of the loss's derivatives, and returns the sum of the loss.
  /// Row k is row `indices[k]` of `from`. After the `rows` indices there are `following` more, those of rows that are wanted next:
  /// they are brought near meanwhile, if rows are `far`. `scratch` is aligned to 64 bytes and has `small_scratch` bytes.
  float (*small_gradient_f32)(const ck_small_network *network, const float *parameters, const ck_rows *from,
                              const int64_t *indices, int64_t rows, int64_t following, float *gradient, void *scratch);
  double (*small_gradient_f64)(const ck_small_network *network, const double *parameters, const ck_rows *from,
                               const int64_t *indices, int64_t rows, int64_t following, double *gradient, void *scratch);
  /// Brings the first `CK_ROWS_AHEAD` of `rows` rows near, if rows are `far`: what comes later is brought on the way.
  void (*bring_near_f32)(const ck_small_network *network, const ck_rows *from, const int64_t *indices, int64_t rows);
  void (*bring_near_f64)(const ck_small_network *network, const ck_rows *from, const int64_t *indices, int64_t rows);

  /// c[m, n] = start[n] + sum over k of a[m, k] b[k, n], each sum by fused multiply-adds in ascending k; start NULL is 0.
  ///
  /// Element (m, k) of a is at `a[m * a_row + k * a_column]`, (k, n) of b at `b[k * b_row + n * b_column]`; c is row-major
  /// without gaps. `scratch` is aligned to 64 bytes and has `product_scratch` numbers.
  void (*product_f32)(int64_t m, int64_t n, int64_t k, const float *a, int64_t a_row, int64_t a_column, const float *b,
                      int64_t b_row, int64_t b_column, const float *start, float *c, float *scratch);
  void (*product_f64)(int64_t m, int64_t n, int64_t k, const double *a, int64_t a_row, int64_t a_column, const double *b,
                      int64_t b_row, int64_t b_column, const double *start, double *c, double *scratch);

  /// The vectors of 64 bytes, one to three, that a tile of the products below is wide.
  int32_t product_vectors;

  /// c[m, n] = start[n] + sum over k of a[m, k] b[k, n], each sum by fused multiply-adds in ascending k; start NULL is 0.
  /// Then each element z becomes activation(z); or, if `gate` is not NULL, z times the activation's derivative where the
  /// activation is the element of `gate` (derivatives as `derive` gives them).
  ///
  /// All matrices lie in panels of L columns, those of 64 bytes, row after row; b as `pack` lays it out. The panels of a begin
  /// `a_panel` numbers apart, and those of c, and of gate, `c_panel`: multiples of L. So element (r, k) of a is at
  /// k / L * a_panel + r * L + k % L. c and gate are aligned to 64 bytes: whole vectors are written and read, beyond n too.
  void (*panel_product_f32)(int64_t m, int64_t n, int64_t k, const float *a, int64_t a_panel, const float *panels,
                            const float *start, float *c, int64_t c_panel, const float *gate, int32_t activation);
  void (*panel_product_f64)(int64_t m, int64_t n, int64_t k, const double *a, int64_t a_panel, const double *panels,
                            const double *start, double *c, int64_t c_panel, const double *gate, int32_t activation);

  /// A block of a weight gradient: stack[vectors, m] = sum over rows of a[row, m] d[row, n], for the first `m` columns of a and
  /// `vectors` vectors of 64 bytes of d, at most `product_vectors`. a NULL stands for a column of ones.
  ///
  /// Each run of `shard` rows is summed by fused multiply-adds in ascending order, and the runs' sums are added along the
  /// fixed binary tree. a and d lie in panels, `a_panel` and `d_panel` numbers apart, and d is aligned to 64 bytes. `stack` is
  /// aligned to 64 bytes and has room for m * vectors vectors at each of floor(log2(runs)) + 2 levels; the result is the first, in
  /// panels of m rows.
  /// `soon` is brought near meanwhile; it may be NULL.
  void (*weight_gradient_f32)(int64_t m, int32_t vectors, int64_t rows, int64_t shard, const float *a, int64_t a_panel,
                              const float *d, int64_t d_panel, float *stack, const ck_soon *soon);
  void (*weight_gradient_f64)(int64_t m, int32_t vectors, int64_t rows, int64_t shard, const double *a, int64_t a_panel,
                              const double *d, int64_t d_panel, double *stack, const ck_soon *soon);

  /// Copies a part of the matrix w[inputs, outputs] into panels, or from there.
  ///
  /// A panel holds L columns, those of 64 bytes, row after row: element (k, n) of a matrix of K rows is at
  /// (n / L * K + k) * L + n % L; what the last panel lacks is made zero. `first_output` is a multiple of L, and so is the end of
  /// the part unless it is that of the matrix. `panels` is aligned to 64 bytes.
  void (*pack_f32)(const float *w, int64_t inputs, int64_t outputs, int64_t first_input, int64_t last_input,
                   int64_t first_output, int64_t last_output, float *panels);
  void (*pack_f64)(const double *w, int64_t inputs, int64_t outputs, int64_t first_input, int64_t last_input,
                   int64_t first_output, int64_t last_output, double *panels);
  void (*unpack_f32)(const float *panels, int64_t inputs, int64_t outputs, int64_t first_input, int64_t last_input,
                     int64_t first_output, int64_t last_output, float *w);
  void (*unpack_f64)(const double *panels, int64_t inputs, int64_t outputs, int64_t first_input, int64_t last_input,
                     int64_t first_output, int64_t last_output, double *w);

  /// The same part of the transpose in panels, of which inputs are the columns: `first_input`, too, is a multiple of L, and so
  /// is the end.
  void (*turn_f32)(const float *panels, int64_t inputs, int64_t outputs, int64_t first_input, int64_t last_input,
                   int64_t first_output, int64_t last_output, float *turned);
  void (*turn_f64)(const double *panels, int64_t inputs, int64_t outputs, int64_t first_input, int64_t last_input,
                   int64_t first_output, int64_t last_output, double *turned);

  /// destination += source
  void (*add_f32)(const float *source, float *destination, int64_t count);
  void (*add_f64)(const double *source, double *destination, int64_t count);

  /// The sum of squares, in double precision: 16 lanes, number i in lane i modulo 16, added up halves first.
  double (*squares_f32)(const float *values, int64_t count);
  double (*squares_f64)(const double *values, int64_t count);

  // Steps of optimizers: see `UpdateKernels` for what they compute. In all of them s g + d w takes the gradient's place, with
  // s the scale and d the decay.

  /// w -= rate * g
  void (*descend_f32)(float *w, const float *g, int64_t count, float scale, float decay, float rate);
  void (*descend_f64)(double *w, const double *g, int64_t count, double scale, double decay, double rate);

  /// v = momentum * v - rate * g; w += v
  void (*momentum_f32)(float *w, const float *g, float *v, int64_t count, float scale, float decay, float rate,
                       float momentum);
  void (*momentum_f64)(double *w, const double *g, double *v, int64_t count, double scale, double decay, double rate,
                       double momentum);

  /// v = momentum * v - rate * g; w += momentum * v - rate * g
  void (*nesterov_f32)(float *w, const float *g, float *v, int64_t count, float scale, float decay, float rate,
                       float momentum);
  void (*nesterov_f64)(double *w, const double *g, double *v, int64_t count, double scale, double decay, double rate,
                       double momentum);

  /// s += g^2; w -= rate * g / (sqrt(s) + epsilon)
  void (*adagrad_f32)(float *w, const float *g, float *s, int64_t count, float scale, float decay, float rate,
                      float epsilon);
  void (*adagrad_f64)(double *w, const double *g, double *s, int64_t count, double scale, double decay, double rate,
                      double epsilon);

  /// s += (g^2 - s) a; w -= rate * g / (sqrt(s) + epsilon)
  void (*rmsprop_f32)(float *w, const float *g, float *s, int64_t count, float scale, float decay, float rate, float a,
                      float epsilon);
  void (*rmsprop_f64)(double *w, const double *g, double *s, int64_t count, double scale, double decay, double rate,
                      double a, double epsilon);

  /// s += (g^2 - s) a; p = sqrt(d + epsilon) / sqrt(s + epsilon) * g; d += (p^2 - d) a; w -= rate * p
  void (*adadelta_f32)(float *w, const float *g, float *s, float *d, int64_t count, float scale, float decay,
                       float rate, float a, float epsilon);
  void (*adadelta_f64)(double *w, const double *g, double *s, double *d, int64_t count, double scale, double decay,
                       double rate, double a, double epsilon);

  /// m += (g - m) a; v += (g^2 - v) b; w = shrink * w - rate * m / (sqrt(v) * root + epsilon)
  void (*adam_f32)(float *w, const float *g, float *m, float *v, int64_t count, float scale, float decay, float shrink,
                   float rate, float root, float a, float b, float epsilon);
  void (*adam_f64)(double *w, const double *g, double *m, double *v, int64_t count, double scale, double decay,
                   double shrink, double rate, double root, double a, double b, double epsilon);

  /// The permutation's indices at the positions from `start` on. The rectangle has fewer than 2^32 cells and at least 16
  /// columns.
  void (*permute)(const ck_permutation *permutation, uint64_t start, int64_t *indices, int64_t count);

  /// Two numbers, uniform in [0, 1), of each of `blocks` blocks of Philox4x32-10 from block `first` on.
  void (*uniforms)(uint64_t seed, uint32_t purpose, uint32_t stream, uint64_t first, double *numbers, int64_t blocks);

  /// outputs = the activation of `sums`, which may be the same memory.
  void (*activate_f32)(const float *sums, float *outputs, int64_t count, int32_t activation);
  void (*activate_f64)(const double *sums, double *outputs, int64_t count, int32_t activation);

  /// Turns derivatives by a layer's outputs into those by its weighted sums. `known` are the sums if the activation
  /// needs them, and the outputs otherwise.
  void (*derive_f32)(float *gradient, const float *known, int64_t count, int32_t activation);
  void (*derive_f64)(double *gradient, const double *known, int64_t count, int32_t activation);

  /// Replaces every row of logits by its softmax.
  void (*softmax_f32)(float *values, int64_t rows, int64_t columns);
  void (*softmax_f64)(double *values, int64_t rows, int64_t columns);

  /// The sum of any loss but cross-entropy. `gradient` receives its derivatives by the outputs. For binary cross-entropy
  /// `outputs` holds the weighted sums z and is replaced by sigmoid(z), and the derivatives are by z.
  float (*loss_f32)(float *outputs, const float *targets, int64_t count, float *gradient, int32_t loss,
                    float huber_delta);
  double (*loss_f64)(double *outputs, const double *targets, int64_t count, double *gradient, int32_t loss,
                     double huber_delta);

  /// The sum over the rows of -log(softmax(z)[label]). `outputs` holds the logits z and is replaced by softmax(z);
  /// `gradient` receives the derivatives by z.
  float (*cross_entropy_f32)(float *outputs, const int32_t *labels, int64_t rows, int64_t columns, float *gradient);
  double (*cross_entropy_f64)(double *outputs, const int32_t *labels, int64_t rows, int64_t columns, double *gradient);

  /// The same two with the loss of each row, and its derivatives, multiplied by the row's weight.
  float (*weighted_loss_f32)(float *outputs, const float *targets, const float *weights, int64_t rows, int64_t columns,
                             float *gradient, int32_t loss, float huber_delta);
  double (*weighted_loss_f64)(double *outputs, const double *targets, const double *weights, int64_t rows,
                              int64_t columns, double *gradient, int32_t loss, double huber_delta);
  float (*weighted_cross_entropy_f32)(float *outputs, const int32_t *labels, const float *weights, int64_t rows,
                                      int64_t columns, float *gradient);
  double (*weighted_cross_entropy_f64)(double *outputs, const int32_t *labels, const double *weights, int64_t rows,
                                       int64_t columns, double *gradient);

  /// Copies row `indices[k]` of `source` to row k of `destination`; a row has `bytes` bytes.
  void (*gather)(const void *source, int64_t bytes, const int64_t *indices, int64_t count, void *destination);

  /// The same to row k of a matrix in panels of 64 bytes a row, which begin `panel` bytes apart.
  void (*gather_panels)(const void *source, int64_t bytes, const int64_t *indices, int64_t count, void *destination,
                        int64_t panel);

  /// The position of the first element that is NaN or infinite, or -1.
  int64_t (*first_non_finite_f32)(const float *values, int64_t count);
  int64_t (*first_non_finite_f64)(const double *values, int64_t count);

  /// Replaces every value by an elementary function of it: for measuring the errors of what activations and losses use.
  void (*evaluate_f32)(float *values, int64_t count, int32_t function);
  void (*evaluate_f64)(double *values, int64_t count, int32_t function);

  /// Bytes of as many independent sums as keep the CPU's multiply-adders busy without leaving the registers.
  int32_t independent_bytes;

  /// values = values * 0.5 + 1, `rounds` times over, by fused multiply-adds on `independent_bytes` of numbers in registers:
  /// nothing on this CPU does more of them a second.
  void (*multiply_adds_f32)(int64_t rounds, float *values);
  void (*multiply_adds_f64)(int64_t rounds, double *values);
} ck_functions;

/// The bytes of scratch that `small_gradient` needs: the same for both types of number.
size_t ck_small_scratch(const ck_layer *layers, int32_t count, int32_t parameter_count);

/// The numbers of scratch that a product over `k` needs: one block of columns of b, packed.
size_t ck_product_scratch(int64_t k);

/// The variants that this CPU can run, best first; NULL from the first missing one on.
const ck_functions *ck_variant(int32_t index);

#endif
