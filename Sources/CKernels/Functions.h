// Elementary functions of vectors: polynomials of our own, so that their bits depend neither on the system's C library nor on
// the set of instructions. The errors that are stated, in units in the last place (ulp), are measured by the tests.

/// The parts of e^x = (1 + q r) * power: power is 2^n, |r| <= log(2) / 2, and q is the series of (e^r - 1) / r. Returns r.
///
/// For x within EXP_LIMIT on either side, where no part leaves the range of normal numbers.
ALWAYS VEC NAME(exponential_parts)(VEC x, VEC *q, VEC *power) {
  const VEC magic = NAME(splat)(ROUNDING_MAGIC);
  VEC shifted = NAME(fma)(x, NAME(splat)(LOG2E), magic);
  VEC n = shifted - magic;
  VEC r = NAME(fma)(n, NAME(splat)(-LN2_HIGH), x);
  r = NAME(fma)(n, NAME(splat)(-LN2_LOW), r);
  static const REAL factors[] = {1,
                                 1.0 / 2,
                                 1.0 / 6,
                                 1.0 / 24,
                                 1.0 / 120,
                                 1.0 / 720,
                                 1.0 / 5040,
                                 1.0 / 40320,
                                 1.0 / 362880,
                                 1.0 / 3628800,
                                 1.0 / 39916800,
                                 1.0 / 479001600,
                                 1.0 / 6227020800};
  *q = NAME(splat)(factors[EXP_TERMS - 1]);
  for (int term = EXP_TERMS - 2; term >= 0; term--) *q = NAME(fma)(*q, r, NAME(splat)(factors[term]));
  // The low bits of `shifted` are n in two's complement.
  *power = (VEC)(((IVEC)shifted + (IVEC){0} + EXPONENT_BIAS) << MANTISSA_BITS);
  return r;
}

/// e^x within 2 ulp; beyond EXP_LIMIT on either side infinity and zero. NaN stays NaN.
ALWAYS VEC NAME(exponential)(VEC x) {
  VEC q, power;
  const VEC r = NAME(exponential_parts)(x, &q, &power);
  const VEC e = NAME(fma)(q, r, NAME(splat)(1)) * power;
  const VEC limit = NAME(splat)(EXP_LIMIT);
  return NAME(choose)(x > limit, NAME(splat)(INFINITY), NAME(choose)(x < -limit, NAME(splat)(0), e));
}

/// e^x - 1 within 2 ulp, for x <= 0. NaN stays NaN.
ALWAYS VEC NAME(exponential_less_one)(VEC x) {
  VEC q, power;
  const VEC r = NAME(exponential_parts)(x, &q, &power), one = NAME(splat)(1);
  return NAME(choose)(x < NAME(splat)(-EXP_LIMIT), -one, NAME(fma)(q * r, power, power - one));
}

/// log(u) + c, for u > 0 and normal, and c no larger than the rounding error of log(u). Infinity and NaN stay what they are.
///
/// With u = 2^n m, m from sqrt(1/2) to sqrt(2), f = m - 1 and s = f / (2 + f), log(m) = 2 artanh(s) is
/// f - f^2/2 + s (f^2/2 + R), where R is the series of 2 artanh(s) / s - 2: f is exact, and only small numbers are rounded.
ALWAYS VEC NAME(logarithm_corrected)(VEC u, VEC c) {
  const IVEC root = (IVEC)NAME(splat)(HALF_ROOT), magic = (IVEC)NAME(splat)(ROUNDING_MAGIC);
  const IVEC shifted = (IVEC)u + ((IVEC)NAME(splat)(1) - root);
  const IVEC fraction = shifted & (((INTEGER)1 << MANTISSA_BITS) - 1);
  const VEC n = (VEC)((shifted >> MANTISSA_BITS) - EXPONENT_BIAS + magic) - (VEC)magic;
  const VEC f = (VEC)(fraction + root) - NAME(splat)(1);
  const VEC s = f / (f + NAME(splat)(2)), w = s * s, h = NAME(splat)((REAL)0.5) * f * f;
  VEC series = NAME(splat)((REAL)2 / (2 * LOG_TERMS + 1));
  for (int term = LOG_TERMS - 1; term > 0; term--)
    series = NAME(fma)(series, w, NAME(splat)((REAL)2 / (REAL)(2 * term + 1)));
  const VEC low = NAME(fma)(n, NAME(splat)(LN2_LOW), c);
  const VEC small = h - NAME(fma)(s, NAME(fma)(series, w, h), low);
  const VEC result = NAME(fma)(n, NAME(splat)(LN2_HIGH), f - small);
  return NAME(choose)(u < NAME(splat)(INFINITY), result, u);
}

/// log(x) within 1 ulp, for x > 0 and normal. Infinity and NaN stay what they are.
ALWAYS VEC NAME(logarithm)(VEC x) { return NAME(logarithm_corrected)(x, NAME(splat)(0)); }

/// log(1 + x) within 2 ulp, for x from 0 to 1. NaN stays NaN.
ALWAYS VEC NAME(logarithm_of_one_more)(VEC x) {
  const VEC one = NAME(splat)(1), u = one + x;
  // What the sum lost, exactly.
  return NAME(logarithm_corrected)(u, (x - (u - one)) / u);
}

ALWAYS VEC NAME(magnitude)(VEC x) { return NAME(choose)(x < NAME(splat)(0), -x, x); }

/// 1 / (1 + e^-x), given e^-|x|: the form that cannot overflow on either side.
ALWAYS VEC NAME(logistic_of)(VEC x, VEC e) {
  const VEC one = NAME(splat)(1);
  return NAME(choose)(x < NAME(splat)(0), e, one) / (one + e);
}

/// 1 / (1 + e^-x) within 3 ulp; below -EXP_LIMIT zero. NaN stays NaN.
ALWAYS VEC NAME(logistic)(VEC x) { return NAME(logistic_of)(x, NAME(exponential)(-NAME(magnitude)(x))); }

/// The hyperbolic tangent within 3 ulp: near zero x + x^3 P(x^2) (Q of it, in double precision) by S. Moshier's Cephes,
/// elsewhere 1 - 2 / (e^2|x| + 1).
ALWAYS VEC NAME(tangent)(VEC x) {
  const VEC zero = NAME(splat)(0), one = NAME(splat)(1), two = NAME(splat)(2);
  VEC size = NAME(magnitude)(x);
  VEC far = one - two / (NAME(exponential)(two * size) + one);
  far = NAME(choose)(x < zero, -far, far);
  VEC z = x * x;
#if LANES == 16
  VEC p = NAME(splat)(-5.70498872745e-3f);
  p = NAME(fma)(p, z, NAME(splat)(2.06390887954e-2f));
  p = NAME(fma)(p, z, NAME(splat)(-5.37397155531e-2f));
  p = NAME(fma)(p, z, NAME(splat)(1.33314422036e-1f));
  p = NAME(fma)(p, z, NAME(splat)(-3.33332819422e-1f));
#else
  VEC p = NAME(splat)(-9.64399179425052238628e-1);
  p = NAME(fma)(p, z, NAME(splat)(-9.92877231001918586564e1));
  p = NAME(fma)(p, z, NAME(splat)(-1.61468768441708447952e3));
  VEC q = z + NAME(splat)(1.12811678491632931402e2);
  q = NAME(fma)(q, z, NAME(splat)(2.23548839060100448583e3));
  q = NAME(fma)(q, z, NAME(splat)(4.84406305325125486048e3));
  p = p / q;
#endif
  VEC near = NAME(fma)(x * z, p, x);
  // A comparison with NaN is false: NaN takes the near side and stays NaN.
  return NAME(choose)(size > NAME(splat)(TANH_SMALL), far, near);
}

/// The distribution function of the standard normal distribution, erfc(-x / sqrt(2)) / 2, within 8 ulp, and e^(-x^2 / 2).
/// NaN stays NaN.
///
/// The tail beyond |x| is e^(-x^2 / 2) t P(2 t - 1) with t = 1 / (1 + NORMAL_SCALE |x|). P interpolates the quotient
/// of the other factors at Chebyshev's points, which leaves a relative error of 4e-9 (3e-18 in double precision).
ALWAYS VEC NAME(normal)(VEC x, VEC *bell) {
#if LANES == 16
  static const REAL factors[] = {0.221970620844f,     0.164579491315f,    0.0865496994268f,  0.0277602643306f,
                                 0.00181614721762f,   -0.00242319688381f, -0.000570276409535f, 0.000280373774835f,
                                 0.0000775583389344f, -0.0000406836698156f};
#else
  static const REAL factors[] = {
      0.18882128260393787329,     0.15197416049297302731,     0.096784350185553643453,    0.046630464489914259204,
      0.015099143722733743512,    0.0018850472416836270366,   -0.00086992309184127065149, -0.00040770461442928339339,
      3.3336078041946492013e-5,   5.7773734082238593879e-5,   -4.7706436825137463538e-7,  -8.7861730629410308275e-6,
      1.7916621978017285067e-7,   1.4800484265359117787e-6,   -1.5742517315602796457e-7,  -2.5539879714119162412e-7,
      6.7956659249242201546e-8,   3.8753299798938999087e-8,   -2.1362383523282403371e-8,  -3.3269987009039205265e-9,
      4.9139977148290117116e-9,   -4.7929493195397187136e-10, -6.3372100428981543754e-10, 1.8254676644250511178e-10};
#endif
  const VEC one = NAME(splat)(1), half = NAME(splat)((REAL)0.5), limit = NAME(splat)(NORMAL_LIMIT);
  // Further out the tail is zero, and the square would overflow in the end.
  VEC size = NAME(magnitude)(x);
  size = NAME(choose)(size > limit, limit, size);
  const VEC t = one / NAME(fma)(NAME(splat)(NORMAL_SCALE), size, one), u = NAME(fma)(t, NAME(splat)(2), -one);
  const int terms = sizeof factors / sizeof *factors;
  VEC p = NAME(splat)(factors[terms - 1]);
  for (int term = terms - 2; term >= 0; term--) p = NAME(fma)(p, u, NAME(splat)(factors[term]));
  // The square and its rounding error: the exponential would magnify it.
  const VEC square = size * size, error = NAME(fma)(size, size, -square);
  const VEC e = NAME(exponential)(-half * square);
  *bell = NAME(fma)(-half * error, e, e);
  const VEC tail = *bell * (t * p);
  return NAME(choose)(x < NAME(splat)(0), tail, one - tail);
}

/// Replaces every value by its function: what the tests measure errors with.
static void NAME(evaluate)(REAL *values, int64_t count, int32_t function) {
  for (int64_t i = 0; i < count; i += LANES) {
    const size_t bytes = (size_t)(count - i < LANES ? count - i : LANES) * sizeof(REAL);
    VEC x = NAME(splat)(1), bell;
    memcpy(&x, values + i, bytes);
    switch (function) {
      case ck_exponential:
        x = NAME(exponential)(x);
        break;
      case ck_exponential_less_one:
        x = NAME(exponential_less_one)(x);
        break;
      case ck_logarithm:
        x = NAME(logarithm)(x);
        break;
      case ck_logarithm_of_one_more:
        x = NAME(logarithm_of_one_more)(x);
        break;
      case ck_logistic:
        x = NAME(logistic)(x);
        break;
      case ck_hyperbolic_tangent:
        x = NAME(tangent)(x);
        break;
      case ck_normal:
        x = NAME(normal)(x, &bell);
        break;
    }
    memcpy(values + i, &x, bytes);
  }
}
