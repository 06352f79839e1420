"""Multi-head attention. Source: mlpack ann/layer/multihead_attention.hpp."""
import numpy as np

from numpy cimport PyArray_DATA, PyArray_ITEMSIZE

from mlpack_ann import _random
from mlpack_ann._validation import as_array, flag, integer
from mlpack_ann.regularizer.regularizer import regularizer_or_none

from mlpack_ann._arrays cimport NPY_DOUBLE, PyArray_DIM, PyArray_TYPE, import_array, ndarray
from mlpack_ann._attention cimport Attention, attend
from mlpack_ann._gemm cimport product, product_by_transposed, sum_of_rows, transposed_product
from mlpack_ann._merge cimport add_to, put, same_bits, take
from mlpack_ann._product cimport whole_vectors
from mlpack_ann._scratch cimport Scratch
from mlpack_ann._validation cimport Shape, has_shape, read_shape
from mlpack_ann.layer.container cimport kept
from mlpack_ann.layer.layer cimport Layer

import_array()

cdef enum:                                  # places of weights and biases
    QUERY, KEY, VALUE, OUT


cdef class MultiheadAttention(Layer):
    """Every query gets a mean of the values, weighted by how its keys match, in several heads.

    ``heads[h] = softmax(q @ k.T / sqrt(d)) @ v``, where q, k, v are the h-th runs of
    ``d = embed_dim / num_heads`` features of ``query @ Wq + bq``, ``key @ Wk + bk`` and
    ``value @ Wv + bv``; ``output = concatenate(heads) @ Wo + bo``.

    Parameters
    ----------
    tgt_seq_len : int
        Elements of a sequence of queries.
    num_heads : int
        Heads, of which `embed_dim` is a multiple.
    attn_mask : array_like of shape (tgt_seq_len, src_seq_len) or (batch, ...), optional
        Which keys a query cannot see: those with a negative element, such as ``-inf``; others are
        0. One of all points, or one of each.
    key_padding_mask : array_like of shape (src_seq_len,) or (batch, src_seq_len), optional
        Which keys no query can see.
    self_attention : bool, default=False
        Whether query, key and value are all the one sequence that is given.
    src_seq_len : int, optional
        Elements of a sequence of keys, and of values; any if omitted, `tgt_seq_len` with
        `self_attention`.
    embed_dim : int, optional
        Features of an element; taken from the first input if omitted.
    regularizer : object, optional
        Its ``Evaluate(parameters, gradient)`` is added to the gradient; see
        `mlpack_ann.regularizer`.
    dtype : float32 or float64, default="float64"
        Of weights, input and output.
    rng : numpy.random.Generator, optional
        For the initial weights, drawn uniformly from ``+-1 / sqrt(embed_dim)``.

    Notes
    -----
    Input (batch, length, embed_dim): a point's queries, then its keys, then its values, a length of
    tgt_seq_len + 2 * src_seq_len; with `self_attention` one sequence of tgt_seq_len. Output
    (batch, tgt_seq_len, embed_dim). Or such points flat, if `embed_dim`, `src_seq_len` or
    `input_dimensions`, (length, embed_dim), tell their sizes: then the output is flat, too.

    `parameters` is Wq, Wk, Wv, Wo in C order, (embed_dim, embed_dim) each, then bq, bk, bv, bo.
    A query that can see no key gets weights of 0. Backward and Gradient must follow Forward of that
    input; Gradient takes what Backward computed if it is given the same error.

    References
    ----------
    Vaswani et al. (2017), Attention is all you need.
    """
    cdef readonly Py_ssize_t tgt_seq_len, num_heads
    cdef readonly bint self_attention
    cdef readonly object regularizer
    cdef Py_ssize_t _sources                # 0: any
    cdef Py_ssize_t _embed                  # 0 until known
    cdef ndarray _hides, _pads              # masks, as bytes: (points or 1, ...), or None
    cdef tuple _weight, _bias               # views of the parameters
    cdef Scratch _scratch, _own_scratch     # of the products, and of the heads

    # Kept, all of them (points * elements, embed) but for the weights:
    cdef ndarray _query, _key, _value       # parts of the input, unless it is all of them
    cdef ndarray _q, _k, _v, _heads, _weights           # of Forward
    cdef ndarray _dheads, _dq, _dk, _dv, _dinput, _gy   # of Backward
    cdef bint _known                        # whether derivatives belong to `_gy`

    def __init__(self, tgt_seq_len, num_heads, attn_mask=None, key_padding_mask=None,
                 self_attention=False, *, src_seq_len=None, embed_dim=None, regularizer=None,
                 dtype="float64", rng=None):
        self._built, self._unsized = False, True
        self._scratch, self._own_scratch = Scratch(), Scratch()
        self.tgt_seq_len = integer(tgt_seq_len, self, "tgt_seq_len")
        self.num_heads = integer(num_heads, self, "num_heads")
        self.self_attention = flag(self_attention, self, "self_attention")
        self._sources = 0 if src_seq_len is None else integer(src_seq_len, self, "src_seq_len")
        self._embed = 0 if embed_dim is None else integer(embed_dim, self, "embed_dim")
        if self.self_attention and self._sources not in (0, self.tgt_seq_len):
            raise ValueError(f"{type(self).__name__}: src_seq_len is {self._sources}, expected "
                             f"{self.tgt_seq_len}, tgt_seq_len, with self_attention")
        if self._embed % self.num_heads != 0:
            raise ValueError(f"{type(self).__name__}: embed_dim is {self._embed}, expected a "
                             f"multiple of num_heads, {self.num_heads}")
        self.attn_mask = attn_mask
        self.key_padding_mask = key_padding_mask
        self.regularizer = regularizer_or_none(regularizer, self)
        super().__init__(dtype, rng)
        if self._embed:
            self._allocate_weights()

    cdef bint _complete(self):
        return self.num_heads > 0

    @property
    def src_seq_len(self):
        """int: elements of a sequence of keys, or None for any."""
        return self._sources or None

    @property
    def embed_dim(self):
        """int: features of an element; None until the first input tells."""
        return self._embed or None

    @property
    def attn_mask(self):
        """float64 array of 0 and -inf, or None: keys that a query cannot see. A copy."""
        return self._shown(self._hides, 2)

    @attn_mask.setter
    def attn_mask(self, value):
        self._hides = self._mask(value, "attn_mask", 2)

    @property
    def key_padding_mask(self):
        """float64 array of 0 and -inf, or None: keys that no query can see. A copy."""
        return self._shown(self._pads, 1)

    @key_padding_mask.setter
    def key_padding_mask(self, value):
        self._pads = self._mask(value, "key_padding_mask", 1)

    @property
    def attention_weights(self):
        """(batch, num_heads, tgt_seq_len, src_seq_len): those of the latest Forward, a copy; None
        before."""
        if self._seen is None:
            return None
        sources = self._sources_of(self._k)
        return (<object>self._weights)[..., :sources].copy()

    # ---------------------------------------------------------------- masks

    cdef ndarray _mask(self, object value, str name, int ndim):
        """Return the mask as bytes, of all points or of each, or refuse it."""
        if value is None:
            return None
        given = as_array(value, self, name)
        if given.dtype.kind not in "if":
            raise TypeError(f"{type(self).__name__}: {name} is {given.dtype}, expected numbers, "
                            "negative where it masks")
        sources = self.tgt_seq_len if self.self_attention else self._sources
        expected = (*(self.tgt_seq_len,) * (ndim - 1), sources or "src_seq_len")
        shape = given.shape if given.ndim == ndim else given.shape[1:]
        if len(shape) != ndim or 0 in shape or shape[:ndim - 1] != expected[:ndim - 1] or (
                sources and shape[ndim - 1] != sources):
            raise ValueError(f"{type(self).__name__}: {name} has shape {given.shape}, expected "
                             f"{expected} or {('batch', *expected)}".replace("'", ""))
        if given.dtype.kind == "f" and np.isnan(given).any():
            raise ValueError(f"{type(self).__name__}: {name} has an element nan, expected negative "
                             "numbers where it masks, and 0")
        return np.array((given < 0).reshape(-1, *shape), np.uint8, order="C")

    def _shown(self, mask, ndim):
        if mask is None:
            return None
        return np.where(mask[0] if len(mask) == 1 else mask, -np.inf, 0.0)

    cdef const unsigned char* _bytes_of(self, ndarray mask, str name, Py_ssize_t points,
                                        Py_ssize_t sources, Py_ssize_t* step) except? NULL:
        """Return a mask's memory and the step from point to point, if it is one of such points."""
        if mask is None:
            return NULL
        shape = (<object>mask).shape
        if shape[0] not in (1, points) or shape[len(shape) - 1] != sources:
            expected = points, *shape[1:len(shape) - 1], sources
            raise ValueError(f"{type(self).__name__}: {name} has shape {shape}, expected "
                             f"{expected[1:]} or {expected}")
        step[0] = 0 if shape[0] == 1 else mask.size // points
        return <const unsigned char*>PyArray_DATA(mask)

    # ---------------------------------------------------------------- sizes

    cdef int _read(self, const Shape* inner, Py_ssize_t* length, Py_ssize_t* embed) except -1:
        """Fill in the sizes of a point, or refuse them."""
        cdef Py_ssize_t known = 0           # length
        if self.self_attention:
            known = self.tgt_seq_len
        elif self._sources:
            known = self.tgt_seq_len + 2 * self._sources
        embed[0], length[0] = self._embed, 0
        if inner.ndim == 3:
            length[0], embed[0] = inner.dims[1], inner.dims[2]
        elif inner.ndim == 2:
            if embed[0] == 0 and self._input_dimensions is not None:
                embed[0] = self._input_dimensions[len(self._input_dimensions) - 1]
            elif embed[0] == 0 and known:
                embed[0] = inner.dims[1] // known
            if embed[0] and inner.dims[1] % embed[0] == 0:
                length[0] = inner.dims[1] // embed[0]
        if (embed[0] == 0 or embed[0] % self.num_heads != 0 or embed[0] != (self._embed or embed[0])
                or length[0] != (known or length[0])
                or not (self.self_attention or (length[0] >= self.tgt_seq_len + 2
                                                and (length[0] - self.tgt_seq_len) % 2 == 0))):
            features = self._embed or f"a multiple of {self.num_heads}"
            elements = known or f"{self.tgt_seq_len} + 2 * src_seq_len"
            return self._refuse_shape(inner, f"(batch, {elements}, {features}), or such points "
                                             "flat with embed_dim or input_dimensions given")
        return 0

    cdef int _output_shape(self, const Shape* inner, Shape* outer) except -1:
        cdef Py_ssize_t length, embed
        self._read(inner, &length, &embed)
        outer.ndim, outer.dims[0] = inner.ndim, inner.dims[0]
        if inner.ndim == 3:
            outer.dims[1], outer.dims[2] = self.tgt_seq_len, embed
        else:
            outer.dims[1] = self.tgt_seq_len * embed
        return 0

    cdef int _infer(self, const Shape* inner) except -1:
        cdef Py_ssize_t length, embed
        self._read(inner, &length, &embed)
        self._embed = embed
        try:
            return self._allocate_weights()
        except (MemoryError, ValueError):
            self._embed = 0
            raise

    cdef int _allocate_weights(self) except -1:
        embed = <object>self._embed
        return self._allocate(4 * embed * (embed + 1))

    cdef int _bind(self) except -1:
        self._weight, self._bias = self._cut(self._parameters)
        return 0

    def _cut(self, flat):
        """Return views of weights and biases in an array of the parameters' length."""
        embed = self._embed
        weights = flat[:4 * embed * embed].reshape(4, embed, embed)
        return tuple(weights), tuple(flat[4 * embed * embed:].reshape(4, embed))

    cdef int _initialise(self) except -1:
        bound = self._embed ** -0.5
        self._parameters[:] = _random.generator(self.rng).uniform(-bound, bound,
                                                                  self._parameters.shape[0])
        return 0

    # ---------------------------------------------------------------- passes

    cdef Py_ssize_t _sources_of(self, ndarray k):
        """Elements of a sequence of keys, of which all points' are given."""
        points = PyArray_DIM(self._weights, 0)
        return PyArray_DIM(k, 0) // points if points else 0

    cdef tuple _split(self, ndarray x, Py_ssize_t sources):
        """Return the queries, keys and values of all points."""
        cdef Py_ssize_t points = PyArray_DIM(x, 0), targets = self.tgt_seq_len
        cdef Py_ssize_t of_targets = targets * self._embed, of_sources = sources * self._embed
        if self.self_attention:
            return ((<object>x).reshape(points * targets, self._embed),) * 3
        self._query = self._rows(self._query, points * targets, x)
        self._key = self._rows(self._key, points * sources, x)
        self._value = self._rows(self._value, points * sources, x)
        take(x, self._query, points, 0)
        take(x, self._key, points, of_targets)
        take(x, self._value, points, of_targets + of_sources)
        return self._query, self._key, self._value

    cdef ndarray _rows(self, ndarray array, Py_ssize_t rows, ndarray like):
        """Return an array (rows, embed), the given one if it is such."""
        cdef Shape shape
        shape.ndim, shape.dims[0], shape.dims[1] = 2, rows, self._embed
        return kept(array, &shape, PyArray_TYPE(like))

    cdef int _run(self, Attention* t, ndarray out, bint back) except -1:
        """Run the heads; `out` is theirs, or the derivative by them."""
        t.wide, t.back, t.embed = PyArray_TYPE(out) == NPY_DOUBLE, back, self._embed
        t.targets, t.sources, t.heads = self.tgt_seq_len, self._sources_of(self._k), self.num_heads
        t.q, t.k, t.v = PyArray_DATA(self._q), PyArray_DATA(self._k), PyArray_DATA(self._v)
        t.weights, t.out = PyArray_DATA(self._weights), PyArray_DATA(out)
        if back:
            t.dq, t.dk, t.dv = (PyArray_DATA(self._dq), PyArray_DATA(self._dk),
                                PyArray_DATA(self._dv))
        return attend(t, PyArray_DIM(self._weights, 0), self._own_scratch)

    cdef int _forward(self, ndarray x, ndarray y) except -1:
        cdef Attention t
        cdef Shape inner, weights
        cdef Py_ssize_t points = PyArray_DIM(x, 0), length, embed, sources
        cdef tuple w = self._weight, b = self._bias
        read_shape(x, &inner)
        self._read(&inner, &length, &embed)
        sources = length if self.self_attention else (length - self.tgt_seq_len) // 2
        self._seen, self._known = None, False
        if points == 0:
            sources = 0                     # so that nothing has a size
        else:
            t.hides = self._bytes_of(self._hides, "attn_mask", points, sources, &t.hides_step)
            t.pads = self._bytes_of(self._pads, "key_padding_mask", points, sources, &t.pads_step)
        weights.ndim, weights.dims[0], weights.dims[1] = 4, points, self.num_heads
        weights.dims[2] = self.tgt_seq_len
        weights.dims[3] = whole_vectors(sources, PyArray_ITEMSIZE(x))
        self._weights = kept(self._weights, &weights, PyArray_TYPE(x))
        self._q = self._rows(self._q, points * self.tgt_seq_len, x)
        self._heads = self._rows(self._heads, points * self.tgt_seq_len, x)
        self._k = self._rows(self._k, points * sources, x)
        self._v = self._rows(self._v, points * sources, x)
        query, key, value = self._split(x, sources)
        product(query, w[QUERY], b[QUERY], self._q, self._scratch)
        product(key, w[KEY], b[KEY], self._k, self._scratch)
        product(value, w[VALUE], b[VALUE], self._v, self._scratch)
        if points:
            self._run(&t, self._heads, False)
        product(self._heads, w[OUT], b[OUT],
                (<object>y).reshape(points * self.tgt_seq_len, embed), self._scratch)
        return self._remember(x)

    cdef int _back_through(self, ndarray gy) except -1:
        """Compute the derivatives by the projections."""
        cdef Attention t
        cdef Shape shape
        cdef ndarray rows = (<object>gy).reshape(PyArray_DIM(self._q, 0), self._embed)
        self._known = False
        self._dheads = self._rows(self._dheads, PyArray_DIM(self._q, 0), gy)
        self._dq = self._rows(self._dq, PyArray_DIM(self._q, 0), gy)
        self._dk = self._rows(self._dk, PyArray_DIM(self._k, 0), gy)
        self._dv = self._rows(self._dv, PyArray_DIM(self._k, 0), gy)
        product_by_transposed(rows, self._weight[OUT], self._dheads, self._scratch)
        if PyArray_DIM(gy, 0):
            self._run(&t, self._dheads, True)
        read_shape(gy, &shape)
        self._gy = kept(self._gy, &shape, PyArray_TYPE(gy))
        self._gy[...] = gy
        self._known = True
        return 0

    cdef int _backward(self, ndarray x, ndarray y, ndarray gy, ndarray g) except -1:
        cdef Py_ssize_t points = PyArray_DIM(x, 0), at = 0
        cdef ndarray result
        self._require_forward(x)
        self._back_through(gy)
        if self.self_attention:
            result = (<object>g).reshape(points * self.tgt_seq_len, self._embed)
            self._dinput = self._rows(self._dinput, points * self.tgt_seq_len, x)
            product_by_transposed(self._dq, self._weight[QUERY], result, self._scratch)
            product_by_transposed(self._dk, self._weight[KEY], self._dinput, self._scratch)
            add_to(self._dinput, result)
            product_by_transposed(self._dv, self._weight[VALUE], self._dinput, self._scratch)
            return add_to(self._dinput, result)
        for i, slopes in enumerate((self._dq, self._dk, self._dv)):
            result = self._query if i == QUERY else self._key       # free until the next pass
            product_by_transposed(slopes, self._weight[i], result, self._scratch)
            put(result, g, points, at)
            at += result.size // points if points else 0
        return 0

    cdef int _gradient(self, ndarray x, ndarray error, ndarray gradient) except -1:
        cdef Shape shape
        self._require_forward(x)
        read_shape(error, &shape)
        if not (self._known and has_shape(self._gy, &shape) and same_bits(self._gy, error)):
            self._back_through(error)
        query, key, value = self._split(x, self._sources_of(self._k))
        rows = (<object>error).reshape(PyArray_DIM(self._q, 0), self._embed)
        weights, biases = self._cut(gradient)
        for i, (given, slopes) in enumerate(((query, self._dq), (key, self._dk),
                                             (value, self._dv), (self._heads, rows))):
            transposed_product(given, slopes, weights[i], self._scratch)
            sum_of_rows(slopes, biases[i])
        if self.regularizer is not None:
            self.regularizer.Evaluate(self.parameters, gradient)
        return 0
