"""Conversions of the rules of convolution."""
from mlpack_ann.port.adapters import adapts


@adapts("convolution_rules")
def convolution_rule(job):
    job.name = job.name.removesuffix("Cubes")
    job.rename(border="border_mode")
    job.kwargs["border_mode"] = job.kwargs["border_mode"].removesuffix("Convolution").lower()
    job.options = {name: job.kwargs.pop(name, 1)
                   for name in ("d_w", "d_h", "dilation_w", "dilation_h")}
    job.options["appending"] = job.kwargs.pop("appending", False)
    images = job.arrays["input"]
    if job.version == "4.8" and images.ndim == 3:
        job.change(lambda filters: filters.reshape(-1, len(images), *filters.shape[1:]), "filter")
        job.remark("converted: filters are (out, in, height, width), whose results are summed")
