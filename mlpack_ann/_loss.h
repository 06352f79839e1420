/* The loops of a loss with a term per element, over one block of at most a few hundred elements.
 *
 * Limited by arithmetic where a logarithm or exponential is needed, by loads where not: the terms
 * are added up where they arise, in one partial sum per lane (see _reduce.h).
 *
 * The file that includes this one has the formulas, for `real` either type: ann_term and ann_slope,
 * and ann_shared if ANN_LOSS_SHARED is defined: what both need of an element and is dear, computed
 * once per block. Each loop is compiled once and never inlined, so that value and derivative have
 * the same bits whether they are asked for together or alone: an optimiser that sees both formulas
 * in one loop may round them otherwise.
 *
 * The file includes itself twice, once for each type `real`.
 */
#ifndef MLPACK_ANN_LOSS_REAL
#ifndef MLPACK_ANN_LOSS_H
#define MLPACK_ANN_LOSS_H

#include "_math.h"
#include "_reduce.h"

#if defined(__GNUC__) || defined(__clang__)
#define ANN_LOOP static __attribute__((noinline))
#else
#define ANN_LOOP static
#endif

/* The formulas' parameters, and arguments at element i. */
#ifdef ANN_LOSS_SHARED
#define ANN_ELEMENT real p, real t, real shared, real a, real b
#define ANN_AT(i) p[i], t[i], shared[i], a, b
#else
#define ANN_ELEMENT real p, real t, real a, real b
#define ANN_AT(i) p[i], t[i], a, b
#endif

#define MLPACK_ANN_LOSS_REAL float
#define F(name) ann_##name##_f32
#include "_loss.h"

#define MLPACK_ANN_LOSS_REAL double
#define F(name) ann_##name##_f64
#include "_loss.h"

#endif /* MLPACK_ANN_LOSS_H */
#else  /* MLPACK_ANN_LOSS_REAL: the loops, for one type */

#define real MLPACK_ANN_LOSS_REAL

ANN_INLINE real F(term)(ANN_ELEMENT);
ANN_INLINE real F(slope)(ANN_ELEMENT);

#ifdef ANN_LOSS_SHARED
ANN_INLINE real F(shared)(real p, real t, real a, real b);

ANN_LOOP void F(share)(const real *p, const real *t, real *shared, ptrdiff_t n, real a, real b)
{
    ptrdiff_t i;
    ANN_SIMD()
    for (i = 0; i < n; i++)
        shared[i] = F(shared)(p[i], t[i], a, b);
}
#endif

ANN_LOOP double F(total)(const real *p, const real *t, const real *shared, ptrdiff_t n, real a,
                         real b)
{
    real s = 0;
    ptrdiff_t i;
    (void)shared;
    ANN_SIMD(reduction(+ : s))
    for (i = 0; i < n; i++)
        s += F(term)(ANN_AT(i));
    return s;
}

ANN_LOOP void F(terms)(const real *p, const real *t, const real *shared, real *terms, ptrdiff_t n,
                       real a, real b)
{
    ptrdiff_t i;
    (void)shared;
    ANN_SIMD()
    for (i = 0; i < n; i++)
        terms[i] = F(term)(ANN_AT(i));
}

ANN_LOOP void F(slopes)(const real *p, const real *t, const real *shared, real *g, ptrdiff_t n,
                        real scale, real a, real b)
{
    ptrdiff_t i;
    (void)shared;
    ANN_SIMD()
    for (i = 0; i < n; i++)
        g[i] = scale * F(slope)(ANN_AT(i));
}

#undef real
#undef MLPACK_ANN_LOSS_REAL
#undef F

#endif
