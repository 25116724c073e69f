// Activations and their derivatives. Softmax, which is not of elements but of rows, stands with its loss in Losses.h.

/// The activation of weighted sums z.
ALWAYS VEC NAME(activated)(VEC z, int32_t activation) {
  const VEC zero = NAME(splat)(0), one = NAME(splat)(1);
  VEC bell;
  switch (activation) {
    case ck_relu:
      return NAME(choose)(z < zero, zero, z);
    case ck_sigmoid:
      return NAME(logistic)(z);
    case ck_tanh:
      return NAME(tangent)(z);
    case ck_step:
      return NAME(choose)(z < zero, zero, NAME(choose)(z >= zero, one, z));
    case ck_leaky_relu:
      return NAME(choose)(z < zero, NAME(splat)((REAL)CK_LEAK) * z, z);
    case ck_elu:
      return NAME(choose)(z < zero, NAME(exponential_less_one)(NAME(choose)(z < zero, z, zero)), z);
    case ck_gelu:
      return z * NAME(normal)(z, &bell);
    case ck_silu:
      return z * NAME(logistic)(z);
    case ck_softplus:
      return NAME(choose)(z < zero, zero, z) +
             NAME(logarithm_of_one_more)(NAME(exponential)(-NAME(magnitude)(z)));
    default:
      return z;
  }
}

/// The derivative by the weighted sums from that by the outputs: `known` is what tells it, the outputs, or for gelu and silu
/// the weighted sums.
ALWAYS VEC NAME(slope)(VEC gradient, VEC known, int32_t activation) {
  const VEC zero = NAME(splat)(0), one = NAME(splat)(1);
  switch (activation) {
    case ck_relu:
      return NAME(choose)(known > zero, gradient, zero);
    case ck_sigmoid:
      return gradient * (known * (one - known));
    case ck_tanh:
      return gradient * (one - known * known);
    case ck_step:
      return zero;
    case ck_leaky_relu:
      return NAME(choose)(known > zero, gradient, NAME(splat)((REAL)CK_LEAK) * gradient);
    case ck_elu:
      return NAME(choose)(known > zero, gradient, gradient * (known + one));
    case ck_gelu: {
      VEC bell;
      const VEC below = NAME(normal)(known, &bell);
      return gradient * NAME(fma)(known * bell, NAME(splat)((REAL)0.3989422804014326779), below);
    }
    case ck_silu: {
      const VEC s = NAME(logistic)(known);
      return gradient * NAME(fma)(known * s, one - s, s);
    }
    case ck_softplus:
      return gradient * -NAME(exponential_less_one)(-known);
    default:
      return gradient;
  }
}

/// A loop for each activation, so that none asks again for every vector which one it is.
#define EACH_ACTIVATION(CALL) \
  switch (activation) {       \
    case ck_relu:             \
      CALL(ck_relu);          \
      break;                  \
    case ck_sigmoid:          \
      CALL(ck_sigmoid);       \
      break;                  \
    case ck_tanh:             \
      CALL(ck_tanh);          \
      break;                  \
    case ck_step:             \
      CALL(ck_step);          \
      break;                  \
    case ck_leaky_relu:       \
      CALL(ck_leaky_relu);    \
      break;                  \
    case ck_elu:              \
      CALL(ck_elu);           \
      break;                  \
    case ck_gelu:             \
      CALL(ck_gelu);          \
      break;                  \
    case ck_silu:             \
      CALL(ck_silu);          \
      break;                  \
    case ck_softplus:         \
      CALL(ck_softplus);      \
      break;                  \
    default:                  \
      CALL(ck_identity);      \
      break;                  \
  }

ALWAYS void NAME(activate_all)(const REAL *sums, REAL *outputs, int64_t count, const int32_t activation) {
  int64_t i = 0;
  VEC z;
  for (; i + LANES <= count; i += LANES) {
    memcpy(&z, sums + i, sizeof z);
    z = NAME(activated)(z, activation);
    memcpy(outputs + i, &z, sizeof z);
  }
  if (i == count) return;
  z = NAME(splat)(0);
  memcpy(&z, sums + i, (size_t)(count - i) * sizeof(REAL));
  z = NAME(activated)(z, activation);
  memcpy(outputs + i, &z, (size_t)(count - i) * sizeof(REAL));
}

static void NAME(activate)(const REAL *sums, REAL *outputs, int64_t count, int32_t activation) {
#define CALL(constant) NAME(activate_all)(sums, outputs, count, constant)
  EACH_ACTIVATION(CALL)
#undef CALL
}

ALWAYS void NAME(derive_all)(REAL *gradient, const REAL *known, int64_t count, const int32_t activation) {
  int64_t i = 0;
  VEC g, a;
  for (; i + LANES <= count; i += LANES) {
    memcpy(&g, gradient + i, sizeof g);
    memcpy(&a, known + i, sizeof a);
    g = NAME(slope)(g, a, activation);
    memcpy(gradient + i, &g, sizeof g);
  }
  if (i == count) return;
  const size_t bytes = (size_t)(count - i) * sizeof(REAL);
  g = a = NAME(splat)(0);
  memcpy(&g, gradient + i, bytes);
  memcpy(&a, known + i, bytes);
  g = NAME(slope)(g, a, activation);
  memcpy(gradient + i, &g, bytes);
}

static void NAME(derive)(REAL *gradient, const REAL *known, int64_t count, int32_t activation) {
#define CALL(constant) NAME(derive_all)(gradient, known, count, constant)
  EACH_ACTIVATION(CALL)
#undef CALL
}

#undef EACH_ACTIVATION
