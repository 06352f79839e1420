/* Rows of resampled images. Included with T = float and with T = double, NAME(f) giving each
   function its name; the compiler turns the loops over pixels into vectors, reads by index too. */

/* to[j] = sum_k factor[k * n + j] * line[index[k * n + j]]; factor is NULL where all are 1. */
static void NAME(across)(const T *__restrict line, const int *__restrict index,
                         const T *__restrict factor, ptrdiff_t taps, ptrdiff_t n,
                         T *__restrict to)
{
    ptrdiff_t j, k;
    if (!factor) {
        for (j = 0; j < n; j++) to[j] = line[index[j]];
        return;
    }
    if (taps == 2) {
        for (j = 0; j < n; j++)
            to[j] = factor[j] * line[index[j]] + factor[n + j] * line[index[n + j]];
        return;
    }
    for (k = 0; k < taps; k++, index += n, factor += n) {
        if (k == 0 && taps % 2 == 1) {
            for (j = 0; j < n; j++) to[j] = factor[j] * line[index[j]];
        } else if (k == 0) {
            for (j = 0; j < n; j++)
                to[j] = factor[j] * line[index[j]] + factor[n + j] * line[index[n + j]];
            k++, index += n, factor += n;
        } else {
            for (j = 0; j < n; j++)
                to[j] += factor[j] * line[index[j]] + factor[n + j] * line[index[n + j]];
            k++, index += n, factor += n;
        }
    }
}

/* to[j] = sum_k factor[k] * lines[k][j], of one to four lines; with `adds`, to the former to[j]. */
static void NAME(down)(const T *const *lines, const T *factor, int count, int adds, ptrdiff_t n,
                       T *__restrict to)
{
    const T *__restrict a = lines[0], *__restrict b = lines[count > 1];
    const T *__restrict c = lines[count > 2 ? 2 : 0], *__restrict d = lines[count > 3 ? 3 : 0];
    const T p = factor[0], q = count > 1 ? factor[1] : 0, r = count > 2 ? factor[2] : 0;
    const T s = count > 3 ? factor[3] : 0;
    ptrdiff_t j;
#define EACH(sum) \
    do { \
        if (adds) for (j = 0; j < n; j++) to[j] += sum; \
        else for (j = 0; j < n; j++) to[j] = sum; \
    } while (0)
    if (count == 1) EACH(p * a[j]);
    else if (count == 2) EACH(p * a[j] + q * b[j]);
    else if (count == 3) EACH(p * a[j] + q * b[j] + r * c[j]);
    else EACH((p * a[j] + q * b[j]) + (r * c[j] + s * d[j]));
#undef EACH
}
