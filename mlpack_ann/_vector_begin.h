#define LANES (VECTOR_BYTES / (int)sizeof(T))
#define VECTOR NAME(vector)

#if defined(__GNUC__)
#define LOAD(p) (*(const VECTOR *)(p))
#define STORE(p, v) (*(VECTOR *)(p) = (v))
#define SPREAD(a) ((VECTOR)((a) - (VECTOR){0}))
#define ADD_PRODUCT(sum, x, y) ((sum) += (x) * (y))
#else                                   /* plain C: the compiler vectorises the loops over lanes */
#define LOAD(p) NAME(load)(p)
#define STORE(p, v) memcpy(p, &(v), sizeof(VECTOR))
#define SPREAD(a) NAME(spread)(a)
#define ADD_PRODUCT(sum, x, y) \
    do { for (int l = 0; l < LANES; l++) (sum).lane[l] += (x).lane[l] * (y).lane[l]; } while (0)
#endif
