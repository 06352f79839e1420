/* Steps of recurrent layers, point by point: what a step does before and after its matrix products.
   Included without T for the declarations, then with T = float and with T = double, F(f) being the
   function of _math.h for the type. See _gates.pyx. */
#ifndef MLPACK_ANN_GATES_H
#define MLPACK_ANN_GATES_H
#include "_math.h"
#include "_product.h"

typedef struct Sweep Sweep;
typedef void (*RowWork)(const Sweep *s, ptrdiff_t point, ptrdiff_t t);

/* A matrix product of a step, and what is done to each point before and after it, or NULL. */
typedef struct {
    Product k;
    ptrdiff_t panel_step;               /* of w, from panel to panel of its columns */
    RowWork before, after;
} Phase;

/* Up to two states h and c; what is of one step is (batch, ...), all else (batch, steps, ...). */
struct Sweep {
    int wide, back, phases;             /* wide: float64 */
    ptrdiff_t batch, steps, size, rho;  /* size: units; rho: steps until the state starts again */
    Phase phase[2];
    void *gates, *seen, *kept;          /* gates, side by side; h before a step; c, or GRU's */
    void *y, *first, *state;            /* the output; states at the start and after a step */
    const void *gy;                     /* derivatives: by the output, */
    void *d, *d2, *d3;                  /* by the gates' sums, and in GRU's products */
    void *d_first;                      /* by the states at the start, */
    void *d_state;                      /* and by c after the step, of all steps that follow */
    void *step, *step2;                 /* factors of one step's products */
    const void *peepholes;              /* o, f and i; or NULL */
};
#endif

#ifdef T
#define ROW (point * s->steps + t)
#define AT(array, row, width) ((T *)s->array + (row) * (width))
#define RESULT(n, point) ((T *)s->phase[n].k.y + (point) * s->phase[n].k.y_step)
#define STARTS (t % s->rho == 0)
#if defined(__clang__)
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define INDEPENDENT _Pragma("GCC ivdep")
#else
#define INDEPENDENT
#endif
#define UNITS INDEPENDENT for (ptrdiff_t j = 0; j < n; j++)
#define BYTES(count) ((size_t)(count) * sizeof(T))

/* The state a step begins with: that of the step before, or that of the start. */
static void NAME(begin)(const Sweep *s, ptrdiff_t point, ptrdiff_t t)
{
    const ptrdiff_t n = s->size;
    if (STARTS && t > 0) memcpy(AT(state, point, n), AT(first, point, n), BYTES(n));
    memcpy(AT(seen, ROW, n), AT(state, point, n), BYTES(n));
}

/* Where the state starts its derivative goes no further back. */
static void NAME(end_back)(const Sweep *s, ptrdiff_t point, ptrdiff_t t)
{
    const ptrdiff_t n = s->size;
    T *d = AT(d_first, point, n), *later = RESULT(s->phases - 1, point);
    if (!STARTS) return;
    UNITS d[j] += later[j];
    memset(later, 0, BYTES(n));
}

/* Linear ------------------------------------------------------------------------------------ */

static void NAME(linear)(const Sweep *s, ptrdiff_t point, ptrdiff_t t)
{
    const ptrdiff_t n = s->size;
    const T *a = AT(gates, ROW, n), *r = RESULT(0, point);
    T *y = AT(y, ROW, n);
    UNITS y[j] = a[j] + r[j];
    memcpy(AT(state, point, n), y, BYTES(n));
}

static void NAME(linear_back)(const Sweep *s, ptrdiff_t point, ptrdiff_t t)
{
    const ptrdiff_t n = s->size;
    const T *gy = AT(gy, ROW, n), *later = RESULT(0, point);
    T *d = AT(d, ROW, n);
    UNITS d[j] = gy[j] + later[j];
    memcpy(AT(step, point, n), d, BYTES(n));
}

/* LSTM -------------------------------------------------------------------------------------- */

/* mlpack's approximation of the sigmoid by a hyperbola and a line; at a = 1.7 it jumps. */
ALWAYS_INLINE T NAME(fast_sigmoid)(T x)
{
    const T a = F(fabs)((T)0.5 * x);
    const T line = (T)0.935409070603099 + (T)0.0458812946797165 * (a - (T)1.7);
    T z = a >= (T)1.7 ? line : (T)1.5 * a / (1 + a);
    z = a >= 3 ? (T)0.99505475368673 : z;
    return (T)0.5 * (F(copysign)(z, x) + 1);
}

ALWAYS_INLINE T NAME(fast_slope)(T x)
{
    const T a = F(fabs)((T)0.5 * x);
    const T slope = a >= (T)1.7 ? (T)0.0458812946797165 : (T)1.5 / ((1 + a) * (1 + a));
    return a >= 3 ? 0 : (T)0.25 * slope;
}

/* Blocks of the gates: o, f, i and z with peepholes, else i, o, f and z. With `fast` the sums of o,
   f and i are kept, since its values do not tell the slopes. */
#define BLOCKS const ptrdiff_t n = s->size, i_at = peep ? 2 * n : 0, o_at = peep ? 0 : n, \
                               f_at = peep ? n : 2 * n, z_at = 3 * n

ALWAYS_INLINE void NAME(lstm_row)(const int peep, const int fast, const Sweep *s, ptrdiff_t point,
                                  ptrdiff_t t)
{
    BLOCKS;
    T *a = AT(gates, ROW, 4 * n), *h = AT(state, point, n), *c = AT(state, s->batch + point, n);
    T *ai = a + i_at, *ao = a + o_at, *af = a + f_at, *az = a + z_at;
    T *y = AT(y, ROW, n), *kept = AT(kept, ROW, n);
    const T *r = RESULT(0, point), *first = AT(first, s->batch + point, n), *p = s->peepholes;
    const T *ri = r + i_at, *ro = r + o_at, *rf = r + f_at, *rz = r + z_at;
    if (STARTS && t > 0) memcpy(c, first, BYTES(n));
    UNITS {
        const T before = c[j];
        T i = ai[j] + ri[j], f = af[j] + rf[j], o = ao[j] + ro[j], z = F(tanh)(az[j] + rz[j]), now;
        if (peep) i += p[2 * n + j] * before, f += p[n + j] * before;
        if (fast) ai[j] = i, af[j] = f, ao[j] = o;
        i = fast ? NAME(fast_sigmoid)(i) : F(sigmoid)(i);
        f = fast ? NAME(fast_sigmoid)(f) : F(sigmoid)(f);
        now = f * before + i * z;
        if (peep) o += p[j] * now;
        o = fast ? NAME(fast_sigmoid)(o) : F(sigmoid)(o);
        if (!fast) ai[j] = i, af[j] = f, ao[j] = o;
        az[j] = z;
        c[j] = kept[j] = now;
        h[j] = y[j] = o * F(tanh)(now);
    }
}

ALWAYS_INLINE void NAME(lstm_row_back)(const int peep, const int fast, const Sweep *s,
                                       ptrdiff_t point, ptrdiff_t t)
{
    BLOCKS;
    const T *a = AT(gates, ROW, 4 * n), *p = s->peepholes, *now = AT(kept, ROW, n);
    const T *ai = a + i_at, *ao = a + o_at, *af = a + f_at, *az = a + z_at;
    const T *before = STARTS ? AT(first, s->batch + point, n) : AT(kept, ROW - 1, n);
    const T *gy = AT(gy, ROW, n), *later = RESULT(0, point);
    T *d = AT(d, ROW, 4 * n), *dc = AT(d_state, point, n);
    T *di = d + i_at, *d_o = d + o_at, *df = d + f_at, *dz = d + z_at;
    UNITS {
        const T m = F(tanh)(now[j]), dh = gy[j] + later[j], z = az[j];
        T i = ai[j], f = af[j], o = ao[j], sum;
        T si = i * (1 - i), sf = f * (1 - f), so = o * (1 - o);
        if (fast) {
            si = NAME(fast_slope)(i), sf = NAME(fast_slope)(f), so = NAME(fast_slope)(o);
            i = NAME(fast_sigmoid)(i), f = NAME(fast_sigmoid)(f), o = NAME(fast_sigmoid)(o);
        }
        so *= dh * m;
        sum = dc[j] + dh * o * (1 - m * m);
        if (peep) sum += so * p[j];
        si *= sum * z;
        sf *= sum * before[j];
        d_o[j] = so, di[j] = si, df[j] = sf, dz[j] = sum * i * (1 - z * z);
        sum *= f;
        if (peep) sum += sf * p[n + j] + si * p[2 * n + j];
        dc[j] = sum;
    }
    memcpy(AT(step, point, 4 * n), d, BYTES(4 * n));
}

static void NAME(lstm_end_back)(const Sweep *s, ptrdiff_t point, ptrdiff_t t)
{
    const ptrdiff_t n = s->size;
    T *d = AT(d_first, s->batch + point, n), *dc = AT(d_state, point, n);
    NAME(end_back)(s, point, t);
    if (!STARTS) return;
    UNITS d[j] += dc[j];
    memset(dc, 0, BYTES(n));
}

#define LSTM(kind, peep, fast) \
    static void NAME(kind)(const Sweep *s, ptrdiff_t point, ptrdiff_t t) \
    { NAME(lstm_row)(peep, fast, s, point, t); } \
    static void NAME(kind##_back)(const Sweep *s, ptrdiff_t point, ptrdiff_t t) \
    { NAME(lstm_row_back)(peep, fast, s, point, t); }
LSTM(lstm, 0, 0)
LSTM(lstm_fast, 0, 1)
LSTM(lstm_peep, 1, 0)
#undef LSTM
#undef BLOCKS

/* The peepholes' gradients, for some units: sums of the gates' derivatives times c. */
static void NAME(peepholes_back)(const Sweep *s, ptrdiff_t start, ptrdiff_t stop, T *gradient)
{
    const ptrdiff_t n = s->size;
    double sum[3][64];
    for (; start < stop; start += 64) {
        const ptrdiff_t m = stop - start < 64 ? stop - start : 64;
        memset(sum, 0, sizeof sum);
        for (ptrdiff_t point = 0; point < s->batch; point++)
            for (ptrdiff_t t = 0; t < s->steps; t++) {
                const T *d = AT(d, ROW, 4 * n) + start, *now = AT(kept, ROW, n) + start;
                const T *before = STARTS ? AT(first, s->batch + point, n) + start : now - n;
                INDEPENDENT for (ptrdiff_t j = 0; j < m; j++) {
                    sum[0][j] += d[j] * now[j];
                    sum[1][j] += d[n + j] * before[j];
                    sum[2][j] += d[2 * n + j] * before[j];
                }
            }
        for (ptrdiff_t k = 0; k < 3; k++)
            for (ptrdiff_t j = 0; j < m; j++) gradient[k * n + start + j] = (T)sum[k][j];
    }
}

/* GRU, of gates z, r and n ------------------------------------------------------------------ */

static void NAME(gru_reset)(const Sweep *s, ptrdiff_t point, ptrdiff_t t)
{
    const ptrdiff_t n = s->size;
    T *az = AT(gates, ROW, 3 * n), *ar = az + n, *h = AT(state, point, n), *kept = AT(kept, ROW, n);
    const T *rz = RESULT(0, point), *rr = rz + n;
    UNITS {
        const T r = F(sigmoid)(ar[j] + rr[j]);
        az[j] = F(sigmoid)(az[j] + rz[j]);
        ar[j] = r;
        kept[j] = r * h[j];
    }
    memcpy(AT(step, point, n), kept, BYTES(n));
}

static void NAME(gru)(const Sweep *s, ptrdiff_t point, ptrdiff_t t)
{
    const ptrdiff_t n = s->size;
    T *az = AT(gates, ROW, 3 * n), *ac = az + 2 * n, *h = AT(state, point, n), *y = AT(y, ROW, n);
    const T *rc = RESULT(1, point);
    UNITS {
        const T c = F(tanh)(ac[j] + rc[j]);
        ac[j] = c;
        h[j] = y[j] = az[j] * (h[j] - c) + c;
    }
}

static void NAME(gru_after)(const Sweep *s, ptrdiff_t point, ptrdiff_t t)
{
    const ptrdiff_t n = s->size;
    T *az = AT(gates, ROW, 3 * n), *ar = az + n, *ac = ar + n;
    T *h = AT(state, point, n), *y = AT(y, ROW, n), *kept = AT(kept, ROW, n);
    const T *rz = RESULT(0, point), *rr = rz + n, *rc = rr + n;
    UNITS {
        const T z = F(sigmoid)(az[j] + rz[j]), r = F(sigmoid)(ar[j] + rr[j]), v = rc[j];
        const T c = F(tanh)(ac[j] + r * v);
        az[j] = z, ar[j] = r, ac[j] = c, kept[j] = v;
        h[j] = y[j] = z * (h[j] - c) + c;
    }
}

/* With `after` the gate works behind the product, else a second product follows. */
ALWAYS_INLINE void NAME(gru_row_back)(const int after, const Sweep *s, ptrdiff_t point, ptrdiff_t t)
{
    const ptrdiff_t n = s->size;
    const T *az = AT(gates, ROW, 3 * n), *ar = az + n, *ac = ar + n, *h = AT(seen, ROW, n);
    const T *v = AT(kept, ROW, n), *gy = AT(gy, ROW, n);
    T *later = RESULT(s->phases - 1, point), *d = AT(d, ROW, 3 * n);
    T *dz = d, *dr = d + n, *dc = d + 2 * n, *dv = after ? dc : AT(d3, ROW, n);
    T *uz = after ? AT(d2, ROW, 3 * n) : d, *ur = uz + n, *uv = ur + n;
    UNITS {
        const T dh = gy[j] + later[j], z = az[j], r = ar[j], c = ac[j];
        const T e = dh * (1 - z) * (1 - c * c), f = dh * (h[j] - c) * z * (1 - z);
        dz[j] = f, dc[j] = e;
        if (after) {
            uz[j] = f, uv[j] = e * r;
            dr[j] = ur[j] = e * v[j] * r * (1 - r);
        } else
            dv[j] = e;
        later[j] = dh * z;
    }
    if (after)
        memcpy(AT(step, point, 3 * n), uz, BYTES(3 * n));
    else
        memcpy(AT(step2, point, n), dv, BYTES(n));
}

static void NAME(gru_back)(const Sweep *s, ptrdiff_t point, ptrdiff_t t)
{
    NAME(gru_row_back)(0, s, point, t);
}

static void NAME(gru_after_back)(const Sweep *s, ptrdiff_t point, ptrdiff_t t)
{
    NAME(gru_row_back)(1, s, point, t);
}

static void NAME(gru_reset_back)(const Sweep *s, ptrdiff_t point, ptrdiff_t t)
{
    const ptrdiff_t n = s->size;
    const T *ar = AT(gates, ROW, 3 * n) + n, *h = AT(seen, ROW, n), *g = RESULT(0, point);
    T *later = RESULT(1, point), *d = AT(d, ROW, 3 * n), *dr = d + n;
    UNITS {
        const T r = ar[j];
        dr[j] = g[j] * h[j] * r * (1 - r);
        later[j] += g[j] * r;
    }
    memcpy(AT(d2, ROW, 2 * n), d, BYTES(2 * n));
    memcpy(AT(step, point, 2 * n), d, BYTES(2 * n));
}

#undef ROW
#undef AT
#undef RESULT
#undef STARTS
#undef INDEPENDENT
#undef UNITS
#undef BYTES
#endif
