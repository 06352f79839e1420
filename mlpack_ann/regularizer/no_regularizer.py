"""No regularisation. Source: mlpack ann/regularizer/no_regularizer.hpp."""


def regularizer_or_none(regularizer, owner):
    """Return `regularizer` if it is None or can regularise."""
    if regularizer is not None and not callable(getattr(regularizer, "Evaluate", None)):
        raise TypeError(f"{type(owner).__name__}: regularizer is {regularizer!r}, expected an object "
                        "with Evaluate(weight, gradient), or None")
    return regularizer
