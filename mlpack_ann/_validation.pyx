"""Every check of an argument. Past these functions nothing tests a dtype, a shape or a memory
layout, and loops index without bounds checks.

All messages have the form ``Class: name has shape X, expected Y``. TypeError is for a wrong dtype
or kind of object, ValueError for a wrong value or shape.
"""
import math
import operator

import numpy as np

from numpy cimport (NPY_DOUBLE, NPY_FLOAT, PyArray_DATA, PyArray_DIM, PyArray_NBYTES, PyArray_NDIM,
                    PyArray_TYPE, import_array, ndarray, npy_intp)

import_array()

FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)


def name_of(owner):
    return owner if isinstance(owner, str) else type(owner).__name__


def shown(value):
    """Return a short text of `value`, for a message, even where it has none."""
    try:
        text = repr(value)
    except Exception:                   # such as an int of too many digits
        text = f"a {type(value).__name__}"
    return text if len(text) <= 200 else text[:197] + "..."


cdef object convert(object function, object value, object owner):
    """Return what a function, which may run foreign code, makes of a value.

    That code must not call the owner's `__init__` while it runs already: sizes read before would
    be mixed with those of the other call.
    """
    cdef bint unfinished = getattr(owner, "_finished", None) is False
    try:
        return function(value)
    finally:
        if unfinished and owner._finished:
            owner._disable()
            raise RuntimeError(f"{name_of(owner)}: __init__ was called while arguments were read, "
                               "expected no such call")


cdef object dtype_of(int typenum):
    return FLOAT32 if typenum == NPY_FLOAT else FLOAT64


cdef tuple as_tuple(const Shape* shape):
    return tuple([shape.dims[i] for i in range(shape.ndim)])


cdef int shape_of(object shape, Shape* result, object owner, str name) except -1:
    """Read a tuple of sizes."""
    try:
        sizes = tuple(operator.index(n) for n in shape)
    except TypeError:
        raise TypeError(f"{name_of(owner)}: {name} must be a tuple of integers, "
                        f"got {shown(shape)}") from None
    if (len(sizes) > MAX_NDIM or min(sizes, default=0) < 0
            or math.prod(n for n in sizes if n) >= 2**60):
        raise ValueError(f"{name_of(owner)}: {name} is {shown(sizes)}, expected at most {MAX_NDIM} "
                         "sizes of at least 0, and a product that memory could hold")
    result.ndim = len(sizes)
    for i, n in enumerate(sizes):
        result.dims[i] = n
    return 0


def as_array(x, owner, name):
    """Return `x` as an ndarray that shares its memory where it exports any."""
    if isinstance(x, np.ndarray):
        return np.asarray(x)
    if x is None:
        raise TypeError(f"{name_of(owner)}: {name} is None, expected an array")
    try:
        return convert(foreign_array, x, owner)
    except (ValueError, TypeError, RuntimeError, BufferError, AttributeError) as error:
        raise TypeError(f"{name_of(owner)}: {name} cannot be read as an array: {error}") from None


def foreign_array(x):
    if hasattr(x, "__dlpack__") and not hasattr(x, "__array_interface__"):
        return np.from_dlpack(x)
    return np.asarray(x)


def as_memory(x, owner, name):
    """As :func:`as_array`, but refuse what could only be copied."""
    if isinstance(x, np.ndarray) or hasattr(x, "__dlpack__"):
        return as_array(x, owner, name)
    try:
        return np.asarray(memoryview(x))
    except (TypeError, ValueError, BufferError):
        raise TypeError(f"{name_of(owner)}: {name} is a {type(x).__name__}, expected a writeable "
                        "array, or an object that exports the buffer protocol or DLPack") from None


cdef ndarray convert_input(object array, int typenum, object owner, str name):
    given = as_array(array, owner, name)
    expected = "float32 or float64" if typenum == ANY_FLOAT else str(dtype_of(typenum))
    kind = given.dtype.kind
    # Numbers that carry no precision of their own take the layer's.
    if kind in "biu" or (kind == "f" and isinstance(array, (list, tuple, float))):
        given = given.astype(FLOAT64 if typenum == ANY_FLOAT else dtype_of(typenum))
    native = FLOAT64 if given.dtype.itemsize == 8 else FLOAT32
    if given.dtype not in (native, native.newbyteorder()) or (
            typenum != ANY_FLOAT and native != dtype_of(typenum)):
        raise TypeError(f"{name_of(owner)}: {name} is {given.dtype}, expected {expected}")
    return np.require(given, native, ["C", "A"]).reshape(given.shape)


cdef int refuse_shape(ndarray array, const Shape* shape, object owner, str name) except -1:
    raise ValueError(f"{name_of(owner)}: {name} has shape {(<object>array).shape}, "
                     f"expected {as_tuple(shape)}")


cdef ndarray convert_target(object array, int typenum, object owner, str name):
    given = as_memory(array, owner, name)
    if given.dtype != dtype_of(typenum):
        raise TypeError(f"{name_of(owner)}: {name} is {given.dtype}, expected {dtype_of(typenum)}")
    if not given.flags.carray:
        layout = ("is read-only" if not given.flags.writeable else
                  "is not C-contiguous" if not given.flags.c_contiguous else "is not aligned")
        raise ValueError(f"{name_of(owner)}: {name} {layout}, expected a C-contiguous, aligned, "
                         "writeable array")
    return given


cdef int check_bounds(ndarray out, ndarray given, object owner, str name, str other) except -1:
    """Refuse an output within the memory of a strided input."""
    return refuse_overlap(owner, name, other) if np.may_share_memory(out, given) else 0


cdef int refuse_overlap(object owner, str name, str other) except -1:
    raise ValueError(f"{name_of(owner)}: {name} shares memory with {other}, expected an array of "
                     "its own")


def integer(value, owner, name, minimum=1):
    """Return `value` as an int of at least `minimum`."""
    try:
        number = value if type(value) is int else convert(operator.index, value, owner)
    except TypeError:
        raise TypeError(f"{name_of(owner)}: {name} is {shown(value)}, expected an integer"
                        ) from None
    if not minimum <= number < 2**31:
        limit = f"at least {minimum}" if number < minimum else "less than 2**31"
        raise ValueError(f"{name_of(owner)}: {name} is {shown(number)}, "
                         f"expected an integer of {limit}")
    return number


def real(value, owner, name):
    """Return `value` as a float, which may be infinite or NaN."""
    try:
        if not isinstance(value, (str, bytes, bytearray)):      # float reads text too
            return value if type(value) is float else convert(float, value, owner)
    except (TypeError, ValueError):
        pass
    except OverflowError:
        raise ValueError(f"{name_of(owner)}: {name} is {shown(value)}, expected a number that fits "
                         "a float") from None
    raise TypeError(f"{name_of(owner)}: {name} is {shown(value)}, expected a number")


def number(value, owner, name, minimum=None, maximum=None, above=None, below=None):
    """Return `value` as a finite float within the given bounds (`above`, `below`: excluded)."""
    result = real(value, owner, name)
    bounds = [(minimum, operator.ge, "at least"), (maximum, operator.le, "at most"),
              (above, operator.gt, "above"), (below, operator.lt, "below")]
    for bound, holds, words in bounds:
        if bound is not None and not holds(result, bound):
            raise ValueError(f"{name_of(owner)}: {name} is {shown(value)}, "
                             f"expected a number {words} {bound}")
    if not np.isfinite(result):
        raise ValueError(f"{name_of(owner)}: {name} is {shown(value)}, expected a finite number")
    return result


def flag(value, owner, name):
    """Return `value` as a bool; only booleans and 0 or 1 will do."""
    if isinstance(value, (bool, np.bool_)) or (isinstance(value, int) and value in (0, 1)):
        return bool(value)
    raise TypeError(f"{name_of(owner)}: {name} is {shown(value)}, expected True or False")


def floating_dtype(value, owner, name="dtype"):
    """Return `value` as the dtype float32 or float64."""
    try:
        dtype = None if value is None else convert(np.dtype, value, owner)
    except (TypeError, ValueError, SyntaxError, OverflowError):
        dtype = None
    if dtype is None or dtype not in (FLOAT32, FLOAT64):     # to a dtype None means float64
        raise TypeError(f"{name_of(owner)}: {name} is {shown(value)}, expected float32 or float64")
    return dtype


def dimensions(value, owner, name):
    """Return `value` as a tuple of one or more sizes of at least 1, or None."""
    if value is None:
        return None
    try:
        sizes = tuple(value)
    except TypeError:
        raise TypeError(f"{name_of(owner)}: {name} is {shown(value)}, expected a tuple of integers"
                        ) from None
    if not 0 < len(sizes) < MAX_NDIM:
        raise ValueError(f"{name_of(owner)}: {name} is {shown(value)}, expected at least one and "
                         f"less than {MAX_NDIM} integers")
    return tuple(integer(n, owner, name) for n in sizes)


def pair(value, owner, name):
    """Return an int or a pair of ints of at least 0 as (first, second)."""
    if isinstance(value, (tuple, list)):
        if len(value) != 2:
            raise ValueError(f"{name_of(owner)}: {name} is {shown(value)}, "
                             "expected one or two integers")
        first, second = value
    else:
        first = second = value
    return integer(first, owner, name, 0), integer(second, owner, name, 0)
