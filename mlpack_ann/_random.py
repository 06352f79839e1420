"""Where random layers and initial weights get their numbers."""
import numpy as np

from mlpack_ann._validation import shown

_generator = np.random.default_rng()


def RandomSeed(seed):
    """Seed the generator that layers without an ``rng`` of their own draw from.

    Parameters
    ----------
    seed : int
        The same seed gives the same numbers. Source: mlpack core/math/random.hpp.
    """
    global _generator
    _generator = np.random.default_rng(seed)


def generator(rng=None):
    """Return `rng`, or the library's generator for None."""
    return _generator if rng is None else rng


def check(rng, owner):
    """Return `rng` if it is None or a ``numpy.random.Generator``."""
    if rng is not None and not isinstance(rng, np.random.Generator):
        raise TypeError(f"{type(owner).__name__}: rng is {shown(rng)}, "
                        "expected a numpy.random.Generator or None")
    return rng
