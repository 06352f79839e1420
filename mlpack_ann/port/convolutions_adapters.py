"""Conversions of the convolutional layers and of the convolution rules."""
import numpy as np

from mlpack_ann.port.adapters import adapts
from mlpack_ann.port.layer_adapters import convolution


@adapts("layer", "TransposedConvolution")
def transposed_convolution(job):
    convolution(job)
    if job.version == "3.x":
        return
    k = job.kwargs
    area = k["kernel_width"] * k["kernel_height"]
    weights = k["out_size"] * k["in_size"] * area

    def rotated(array):
        filters = array[:weights].reshape(-1, area)[:, ::-1]
        return np.concatenate([filters.ravel(), array[weights:]])
    job.change(rotated, "parameters", "gradient")
    job.remark("converted: filters are rotated by 180 degrees")
