"""What a convolution does at the border. Source: mlpack ann/convolution_rules/border_modes.hpp."""
from mlpack_ann._validation import shown


class FullConvolution:
    """The filter stands wherever it meets the image, which is zero outside: the output is larger
    than the image by the filter less 1. The same as "full"."""
    name = "full"


class ValidConvolution:
    """The filter stands within the image: the output is smaller by the filter less 1. The same as
    "valid"."""
    name = "valid"


def border_name(value, owner):
    """Return "full" or "valid" for a border mode, or its name."""
    for mode in (FullConvolution, ValidConvolution):
        if value is mode or isinstance(value, str) and value == mode.name:
            return mode.name
    error = ValueError if isinstance(value, str) else TypeError
    raise error(f"{type(owner).__name__}: border_mode is {shown(value)}, expected FullConvolution, "
                "ValidConvolution, 'full' or 'valid'")
