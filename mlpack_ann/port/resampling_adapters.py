"""Conversions of the layers that give images another size."""
from mlpack_ann.port.adapters import adapts
from mlpack_ann.port.job import image_dimensions


@adapts("layer", "NearestInterpolation")
def nearest_interpolation(job):
    job.attributes["input_dimensions"] = image_dimensions(job)
    job.kwargs["scale_factors"] = job.kwargs["scale_factors"][::-1]
    job.remark("converted: axes are counted in NumPy's order")
