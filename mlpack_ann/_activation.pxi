# As _elementwise.pxi, for a function without parameters: the file has defined
#     fn(x)          the value
#     deriv(x, y)    the derivative, where y = fn(x)

cdef inline floating f(floating x, floating a, floating b) noexcept nogil:
    return fn(x)


cdef inline floating df(floating x, floating y, floating a, floating b) noexcept nogil:
    return deriv(x, y)


include "_elementwise.pxi"
