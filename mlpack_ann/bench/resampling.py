"""Layers that give images another size."""
from mlpack_ann.bench.case import LayerCase, aten, torch
from mlpack_ann.bench.layers import FROM_GY, label

functional = torch and torch.nn.functional

IMAGES = [(1, 3, 32, 32), (32, 32, 28, 28), (8, 64, 112, 112)]
FACTORS = [2, 1.5, 0.5]


def sizes(images=IMAGES, factors=FACTORS):
    """Factor by factor, images of each size."""
    made = {}
    for factor in factors:
        for shape in images:
            rows, columns = (int(n * factor) for n in shape[2:])
            made[f"x{factor}-{label(shape)}"] = (
                {"out_row_size": columns, "out_col_size": rows}, shape)
    return made


def size_of(a):
    return a.layer.out_col_size, a.layer.out_row_size


def from_the_corner(x, factor):
    """mlpack's places of pixels: to the last corner's, then that again up to a whole multiple."""
    height, width = ((n - 1) * factor + 1 for n in x.shape[2:])
    y = aten.upsample_bilinear2d.default(x, (height, width), True)
    return functional.pad(y, (0, factor - 1, 0, factor - 1), mode="replicate")


CASES = [
    LayerCase("NearestInterpolation", sizes(), {
        "Forward": lambda a: (aten.upsample_nearest2d.default, a.x, size_of(a)),
        "Backward": lambda a: (aten.upsample_nearest2d_backward.default, a.gy, size_of(a),
                               a.x.shape),
    }, reads=FROM_GY),
    LayerCase("BicubicInterpolation", sizes(), {
        "Forward": lambda a: (aten.upsample_bicubic2d.default, a.x, size_of(a), False),
        "Backward": lambda a: (aten.upsample_bicubic2d_backward.default, a.gy, size_of(a),
                               a.x.shape, False),
    }, reads=FROM_GY),
    LayerCase("BilinearInterpolation", sizes(factors=[2, 4]), {
        "Forward": lambda a: (from_the_corner, a.x, a.layer.out_row_size // a.x.shape[3]),
    }, reads=FROM_GY),
]
