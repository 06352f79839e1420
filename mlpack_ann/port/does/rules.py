"""What mlpack's regularisers, convolution and initialisation rules compute where wrong."""
import numpy as np

from mlpack_ann.init_rules import GaussianInitialization
from mlpack_ann.port import draws
from mlpack_ann.port.job import lookup


def unsigned_power(job, check):
    """Adds factor * power * |w|^(power - 1)."""
    power, factor = job.kwargs["power"], job.kwargs["factor"]
    weight = job.arrays["weight"].ravel()
    return (job.arrays["gradient_before"].ravel()
            + factor * power * np.abs(weight) ** (power - 1))


def correlated(job, image, filter_, **options):
    """This library's value of an image and a filter."""
    rule = lookup("convolution_rules", "NaiveConvolution")(job.kwargs["border_mode"])
    return rule.Convolution(image, filter_, **options)


def exchanged_steps(job, check):
    """Strides and dilations of the height are the width's, and the other way round."""
    o = job.options
    return correlated(job, job.arrays["input"], job.arrays["filter"], d_w=o["d_h"], d_h=o["d_w"],
                      dilation_w=o["dilation_h"], dilation_h=o["dilation_w"])


def slices(job):
    """Return the pairs of an image and a filter, and whether their results are stacked."""
    image, filter_ = job.arrays["input"], job.arrays["filter"]
    count = len(image) if image.ndim == 3 else len(filter_) if filter_.ndim == 3 else None
    def each(array):
        return array if array.ndim == 3 else [array] * (count or 1)
    return [*zip(each(image), each(filter_))], count is not None


def of_slices(job, function):
    """Return what a function of an image and a filter gives for each pair of them."""
    pairs, stacked = slices(job)
    results = np.array([function(*pair) for pair in pairs])
    return results if stacked else results[0]


def turned_filter(job, check):
    """The filter turned by 180 degrees."""
    return correlated(job, job.arrays["input"], job.arrays["filter"][..., ::-1, ::-1])


def decomposed_filter(job, check):
    """The filter transposed where products of its vectors are less work, turned by 180 degrees
    where not; itself where it is larger than the image or has one row or column."""
    def of_slice(image, filter_):
        if 1 in filter_.shape or np.any(np.greater(filter_.shape, image.shape)):
            return correlated(job, image, filter_)
        values = np.linalg.svd(filter_, compute_uv=False)
        rank = np.sum(values > len(values) * values.max() * np.finfo(float).eps)
        separable = rank * sum(filter_.shape) < filter_.size
        return correlated(job, image, filter_.T if separable else filter_[::-1, ::-1])
    return of_slices(job, of_slice)


def steps_along_memory(job, check):
    """The size is that of the steps given, but in memory the filter moves over rows by the width's
    steps and along a row by the height's; past the end there may be anything. In full mode the
    stride is the frame's, which it enlarges."""
    o = job.options
    strides, dilations = (o["d_h"], o["d_w"]), (o["dilation_h"], o["dilation_w"])

    def of_slice(image, filter_):
        memory, (rows, columns), steps = image, image.shape, strides
        spans = [(n - 1) * d for n, d in zip(filter_.shape, dilations)]
        if job.kwargs["border_mode"] == "full":
            memory = np.zeros([(n - 1) * s + 2 * span + 1
                               for n, s, span in zip(image.shape, strides, spans)])
            memory[spans[0]:spans[0] + rows, spans[1]:spans[1] + columns] = image
            steps = 1, 1
        size = [(n - span - 1) // s + 1 for n, span, s in zip(memory.shape, spans, steps)]
        i, j, p, q = np.ogrid[:size[0], :size[1], :filter_.shape[0], :filter_.shape[1]]
        place = ((p * dilations[1] + i * steps[1]) * memory.shape[1]
                 + j * steps[0] + q * dilations[0])
        values = np.append(memory, np.nan)[np.minimum(place, memory.size)]
        return (values * filter_).sum((2, 3))
    gives = of_slices(job, of_slice)
    if gives.shape != check.recorded.shape:
        return gives
    return np.where(np.isnan(gives), check.recorded, gives)


def drawn(check, rule, shape):
    """The recorded statistic, if chance allows it for what this rule draws."""
    value, chance = draws.statistics(rule, shape)[check.item]
    return np.where(np.abs(check.recorded - value) <= chance, check.recorded, value)


def drawn_with_variance_as_deviation(job, check):
    shape = job.case["rows"], job.case["cols"]
    mean, variance = job.kwargs.get("mean", 0.0), job.kwargs.get("variance", 2 / sum(shape))
    return drawn(check, GaussianInitialization(mean, variance**2), shape)


def drawn_as_square(job, check):
    """Of (rows, rows)."""
    shape = [job.case["rows"]] * 2
    return shape if check.item == "shape" else drawn(check, job.build(), shape)
