"""What mlpack computes where it is wrong, as formulas of the recorded values.

Each function takes the job and the check and returns the value that mlpack gives. The table of
differences names them, so that a difference is explained only if it is exactly the one described.
"""
import numpy as np

from mlpack_ann.init_rules import GaussianInitialization
from mlpack_ann.port import draws
from mlpack_ann.port.job import lookup
from mlpack_ann.port.passes import prepare


def by_points(job, check):
    """This library's value divided by the number of points."""
    return check.ours / job.points


def times_points(job, check):
    """This library's value times the number of points."""
    return check.ours * job.points


def opposite(job, check):
    """This library's value with the other sign."""
    return -check.ours


def infinite(job, check):
    return np.full(check.recorded.shape, np.inf)


def not_a_number(job, check):
    return np.full(check.recorded.shape, np.nan)


# layers -----------------------------------------------------------------------------------

def error_unsummed(job, check):
    """A copy of the error; of one feature it may be recorded as a vector."""
    error, shape = job.arrays["error"], check.recorded.shape
    return error.reshape(shape) if error.size == check.recorded.size else error


def last_point_bias(job, check):
    """Bias gradient of the last point only, behind the weights' gradient."""
    maps = job.kwargs["out_size"]
    error = job.arrays["error"][-1].reshape(maps, -1)
    return np.concatenate([check.recorded[:-maps], error.sum(1)])


def without_scale(job, check):
    """This library's value without the factor of what a mask keeps."""
    return check.ours * (1 - job.kwargs["ratio"])


def gradient_of_linear(job, check):
    error = job.arrays["error"]
    return np.concatenate([(job.arrays["input"].T @ error).ravel(), error.sum(0)])


def one_point(job, check):
    """This library's first point."""
    return check.ours[:1]


def one_column(job, check):
    """This library's value as one point."""
    return check.ours.reshape(1, -1)


def by_multiples(job, check):
    return check.ours / np.prod(job.kwargs["multiples"])


def divergence_undivided(job, check):
    """The first half of g, by the deviations, with all of the divergence's derivative."""
    pre = np.split(job.arrays["input"], 2, 1)[0]
    deviation = np.logaddexp(0, pre)
    slope = (deviation - 1 / deviation) / (1 + np.exp(-pre))
    g = check.ours.copy()
    g[:, :pre.shape[1]] += job.kwargs["beta"] * slope * (1 - 1 / job.points)
    return g


def padded_images(job):
    """Return the layer of a job, and its images with zeros around them, (points, channels, height,
    width)."""
    layer, arrays = job.build(), job.arrays
    layer.parameters = arrays["parameters"]
    layer.Forward(arrays["input"])          # which tells "same" padding the sizes
    shape = job.points, layer.in_size, layer.input_height, layer.input_width
    zeros = ((layer.pad_h_top, layer.pad_h_bottom), (layer.pad_w_left, layer.pad_w_right))
    return layer, np.pad(arrays["input"].reshape(shape), ((0, 0), (0, 0), *zeros))


def along_memory(images, shape, taps, strides, dilations):
    """Return (points, channels, *shape, *taps): what a filter meets that moves over rows by the
    width's stride and along a row by the height's, with taps as far apart the other way round.
    Behind a row is the next one, behind an image the next one, behind the last one NaN."""
    points, channels, height, width = images.shape
    i, j, p, q = np.ogrid[tuple(slice(size) for size in (*shape, *taps))]
    place = ((i * strides[1] + p * dilations[1]) * width + j * strides[0] + q * dilations[0]
             + np.arange(points * channels).reshape(points, channels, 1, 1, 1, 1) * height * width)
    return np.append(images, np.nan)[np.minimum(place, images.size)]


def steps(layer):
    """Return strides and dilations, each as (height, width)."""
    return ((layer.stride_height, layer.stride_width),
            (layer.dilation_height, layer.dilation_width))


def exchanged_steps_output(job, check):
    """Convolution whose strides and dilations of the height are the width's, and the other way
    round. What is read behind all images may be anything."""
    layer, images = padded_images(job)
    filters, channels, *taps = layer.weight.shape
    shape = [(size - (tap - 1) * dilation - 1) // stride + 1 for size, tap, stride, dilation
             in zip(images.shape[2:], taps, *steps(layer))]
    windows = along_memory(images, shape, taps, *steps(layer))
    y = np.einsum("ngcijpq,gocpq->ngoij",
                  windows.reshape(job.points, layer.groups, channels, *shape, *taps),
                  layer.weight.reshape(layer.groups, -1, channels, *taps))
    y = y.reshape(job.points, filters, -1)
    if layer.use_bias:
        y += layer.bias[:, None]
    y = y.reshape(check.recorded.shape)
    return np.where(np.isnan(y), check.recorded, y)


def exchanged_strides_gradient(job, check):
    """The gradient of mlpack 4.4's Convolution, which takes the strides as `along_memory` does the
    dilations, in images of only the rows and columns that Forward should read."""
    layer, images = padded_images(job)
    filters, channels, *taps = layer.weight.shape
    strides, _ = steps(layer)
    shape = [(size - tap) // stride + 1 for size, tap, stride
             in zip(images.shape[2:], taps, strides)]
    rows, columns = ((count - 1) * stride + tap for count, stride, tap
                     in zip(shape, strides, taps))
    windows = along_memory(images[:, :, :rows, :columns], taps, shape, (1, 1), strides)
    error = job.arrays["error"].reshape(job.points, layer.groups, -1, *shape)
    weight = np.einsum("ngcpqij,ngoij->gocpq",
                       windows.reshape(job.points, layer.groups, channels, *taps, *shape), error)
    biases = error.sum((0, 3, 4)).ravel() if layer.use_bias else []
    value = np.concatenate([weight.ravel(), biases])
    return np.where(np.isnan(value), check.recorded, value)


def filters_exchanged(job, check):
    """This library's g for filters stored by input channel first, which they are not."""
    arrays, layer = job.arrays, job.build()
    layer.parameters = arrays["parameters"]
    filters, channels, *area = layer.weight.shape
    layer.weight[:] = layer.weight.reshape(channels, filters, *area).swapaxes(0, 1).copy()
    return layer.Backward(arrays["input"], arrays["output"], arrays["gy"])


def merged_weights(job):
    """Return the weights of mid-2020's merged Linear layers, (layers, in, out)."""
    out = job.arrays["output"].shape[1]
    return job.arrays["parameters"].reshape(-1, (job.features + 1) * out)[:, :-out].reshape(
        -1, job.features, out)


def unmultiplied_g(job, check):
    """The sum of what the Linear layers make of gy itself."""
    return np.einsum("no,lio->ni", job.arrays["gy"], merged_weights(job))


def unmultiplied_gradient(job, check):
    """The Linear layers' gradients for the error itself."""
    x, error = job.arrays["input"], job.arrays["error"]
    return np.tile(np.append((x.T @ error).ravel(), error.sum(0)), len(merged_weights(job)))


SLOPE = {"Sigmoid": lambda x, y: y * (1 - y), "TanH": lambda x, y: 1 - y * y,
         "BipolarSigmoid": lambda x, y: (1 - y * y) / 2, "Gaussian": lambda x, y: -2 * x * y,
         "Swish": lambda x, y: y / x * (1 + x - y), "SILU": lambda x, y: y / x * (1 + x - y),
         "TanhExp": lambda x, y: y / x + x * np.exp(x) * (1 - (y / x) ** 2),
         "GELU": lambda x, y: rounded_gelu_derivative(x)}


def slopes_at_the_sum(job, check):
    """g of layers whose derivatives, where they are written for the output, are taken at the
    merged one."""
    x, y, gy = (job.arrays[name] for name in ("input", "output", "gy"))
    merged, g = prepare(job), np.zeros(x.shape)     # which holds the layers, with their weights
    for one, layer in zip(job.case.args["layers"], job.kwargs["layers"]):
        if one["class"] == "ReLU" and job.version == "4.8":
            g += gy * np.sign(y)
        elif one["class"] in SLOPE:
            g += gy * SLOPE[one["class"]](x, y)
        else:
            g += layer.Backward(x, layer.Forward(x), gy)
    return g


def last_point_biases(job, check):
    """This library's value with the biases' entries of the last point alone."""
    layer, x, error = prepare(job), job.arrays["input"][-1:], job.arrays["error"][-1:]
    layer.Backward(x, layer.Forward(x), error)
    return layer.Gradient(x, error)


def last_block_first(job, check):
    """g of the last block in place of the first, and zeros."""
    value, size = np.zeros_like(check.ours), job.features // job.kwargs["in_size"]
    value[:, :size] = check.ours[:, -size:]
    return value


def images(job, name):
    """Return a recorded image array as (points, channels, height, width)."""
    channels, height, width = job.attributes["input_dimensions"]
    array = job.arrays[name]
    if name in ("input", "g"):
        return array.reshape(-1, channels, height, width)
    return array.reshape(len(array), channels, *output_size(job, height, width))


def output_size(job, height, width):
    if "output_width" in job.kwargs:
        return job.kwargs["output_height"], job.kwargs["output_width"]
    return tuple(np.ceil((size - kernel) / stride).astype(int) + 1 if not job.kwargs["floor"]
                 else (size - kernel) // stride + 1
                 for size, kernel, stride in
                 ((height, job.kwargs["kernel_height"], job.kwargs["stride_height"]),
                  (width, job.kwargs["kernel_width"], job.kwargs["stride_width"])))


def blocks_but_the_last(job, check):
    """Mean pooling's g: gy spread over blocks of (input size / output size), the last left out."""
    gy, g = images(job, "gy"), np.zeros_like(images(job, "g"))
    down, across = g.shape[2] // gy.shape[2], g.shape[3] // gy.shape[3]
    for i, row in enumerate(range(0, g.shape[2] - down, down)):
        for j, column in enumerate(range(0, g.shape[3] - across, across)):
            g[:, :, row:row + down, column:column + across] += (
                gy[:, :, i, j, None, None] / (down * across))
    return g.reshape(check.recorded.shape)


def smaller_windows(job, reduce):
    """Ceil mode: every window is one row and one column smaller than the kernel.

    `reduce` is called with windows (points, channels, rows, columns) and their top left corner.
    """
    x, k = images(job, "input"), job.kwargs
    rows, columns = output_size(job, *x.shape[2:])
    corners = [(i * k["stride_height"], j * k["stride_width"])
               for i in range(rows) for j in range(columns)]
    return np.stack([reduce(x[:, :, top:top + k["kernel_height"] - 1,
                              left:left + k["kernel_width"] - 1], top, left)
                     for top, left in corners], -1)


def smaller_windows_maximum(job, check):
    return smaller_windows(job, lambda window, *corner: window.max((2, 3))).reshape(job.points, -1)


def smaller_windows_mean(job, check):
    return smaller_windows(job, lambda window, *corner: window.mean((2, 3))).reshape(job.points, -1)


def smaller_windows_indices(job, check):
    """Where the maxima of the smaller windows are: x + y * width."""
    width = job.attributes["input_dimensions"][2]

    def index(window, top, left):
        down, across = np.divmod(window.reshape(*window.shape[:2], -1).argmax(2), window.shape[3])
        return (top + down) * width + left + across
    return smaller_windows(job, index).ravel()


def smaller_windows_g(job, check):
    gy = images(job, "gy")
    g = np.zeros((gy.shape[0] * gy.shape[1], images(job, "g")[0, 0].size))
    places = smaller_windows_indices(job, check).reshape(len(g), -1)
    np.add.at(g, (np.arange(len(g))[:, None], places), gy.reshape(places.shape))
    return g.reshape(check.recorded.shape)


def misplaced_maxima(job, check):
    """Max pooling's g where a maximum's place in a clipped window counts in whole windows."""
    gy, x, k = images(job, "gy"), images(job, "input"), job.kwargs
    g = np.zeros((*x.shape[:2], x.shape[2] * x.shape[3]))
    for (point, channel, i, j), value in np.ndenumerate(gy):
        top, left = i * k["stride_height"], j * k["stride_width"]
        window = x[point, channel, top:top + k["kernel_height"], left:left + k["kernel_width"]]
        down, across = divmod(int(window.argmax()), k["kernel_width"])
        g[point, channel, (top + down) * x.shape[3] + left + across] += value
    return g.reshape(check.recorded.shape)


def batch_norm_g(job, check):
    """The direct term divided by the points, the other sums taken over points but not pixels."""
    size = job.kwargs["size"]
    x, gy = (job.arrays[name].reshape(job.points, size, -1) for name in ("input", "gy"))
    gamma = job.arrays.get("parameters", np.ones(size))[:size, None]
    centred = x - x.mean((0, 2), keepdims=True)
    inverse = 1 / np.sqrt(x.var((0, 2), keepdims=True) + job.kwargs.get("eps", 1e-8))
    direct = gy * gamma * inverse
    spread = (gy * gamma * centred).sum(0) * inverse ** 3
    return ((direct - spread * centred - direct.sum(0)) / job.points).reshape(gy.shape[0], -1)


def running_variance_with_eps(job, check):
    """Updates by variance * n / (n - size + eps), n values in all; 1 / (m - 1) per channel is ours.

    Where n equals size the factor is 0.
    """
    size, eps = job.kwargs["size"], job.kwargs.get("eps", 1e-8)
    eps /= len(job.case["input"]) / job.points      # InstanceNorm: all points are channels
    running = np.ones(size)
    seen = [*job.previous, job.arrays["input"]] if job.training else job.previous
    for count, x in enumerate(seen, 1):
        variance = x.reshape(len(x), size, -1).var((0, 2))
        unbiased = variance * (0.0 if x.size == size else x.size / (x.size - size + eps))
        share = 1 / count if job.kwargs.get("average", True) else job.kwargs["momentum"]
        running = (1 - share) * running + share * unbiased
    return running


def batch_norm_of_recorded(job, check):
    """Normalised with mlpack's running statistics."""
    size = job.kwargs["size"]
    gamma, beta = job.arrays["parameters"].reshape(2, size, 1)
    mean, variance = (job.state[name].reshape(size, 1)
                      for name in ("running_mean", "running_variance"))
    x = job.arrays["input"].reshape(job.points, size, -1)
    y = (x - mean) / np.sqrt(variance + job.kwargs.get("eps", 1e-8)) * gamma + beta
    return y.reshape(job.points, -1)


def approximate_exponential(x):
    """mlpack's exp(-x) for x >= 0."""
    polynomial = 1 + x * (0.125 + x * (0.0078125 + x * (0.00032552083 + x * 1.0172526e-5)))
    return np.where(x < 13, polynomial ** -8, 0.0)


def log_softmax(job, check):
    x = job.arrays["input"]
    top = x.max(1, keepdims=True)
    return x - top - np.log(approximate_exponential(top - x).sum(1, keepdims=True))


def log_softmax_g_of_3x(job, check):
    return np.exp(job.arrays["output"]) + job.arrays["gy"]


def log_softmax_g(job, check):
    gy = job.arrays["gy"]
    return gy - np.exp(job.arrays["output"]) * gy.sum(1, keepdims=True)


def derivative_of_output(job, check):
    """The activation's derivative taken at f(x)."""
    function, y = job.kwargs["function"], job.arrays["output"]
    if job.case.args["ActivationFunction"] == "GELUFunction":
        return job.arrays["gy"] * rounded_gelu_derivative(y)
    return job.arrays["gy"] * function.Deriv(y, function.Fn(y))


def rounded_gelu_derivative(x):
    inner = 0.0356774 * x ** 3 + 0.797885 * x
    with np.errstate(over="ignore"):
        spread = (0.0535161 * x ** 3 + 0.398942 * x) / np.cosh(inner) ** 2
    return 0.5 * np.tanh(inner) + spread + 0.5


def gelu_derivative(job, check):
    return rounded_gelu_derivative(job.arrays["input"])


def gelu_g(job, check):
    return job.arrays["gy"] * gelu_derivative(job, check)


def elu_slope_from_above(job, check):
    """At 0 the slope of the linear side, lambda."""
    return job.arrays["gy"] * (1.0507009873554802 if job.kwargs.get("alpha") is None else 1)


def one(job, check):
    return np.ones(check.recorded.shape)


def truncated_logarithm(job, check):
    """Logarithms that stop at the largest and the smallest number."""
    return np.where(job.arrays["inverse_of"] > 0.5, np.log(np.finfo(float).max),
                    np.log(np.finfo(float).tiny))


def zero(job, check):
    return np.zeros(check.recorded.shape)


def gy_itself(job, check):
    return job.arrays["gy"]


def half_minus_half(job, check):
    first, second = np.split(job.arrays["gy"], 2, 1)
    return first - second


def where_output_positive(job, check):
    return job.arrays["gy"] * (job.arrays["output"] > 0)


def slope_by_output(job, check):
    """The slope of a leaky rectifier chosen by the sign of its output."""
    alpha = job.kwargs.get("alpha", job.kwargs.get("user_alpha"))
    if "parameters" in job.arrays:
        alpha = job.arrays["parameters"][0]
    return job.arrays["gy"] * np.where(job.arrays["output"] >= 0, 1.0, alpha)


def greater_of_both(job, check):
    x = job.arrays["input"]
    return np.maximum(x, job.kwargs["alpha"] * x)


def resampled_g(job, check):
    """gy interpolated to the input's size, beyond its last two rows and columns extrapolated; gy
    itself where it has as many elements."""
    k, gy = job.kwargs, job.arrays["gy"]
    before, after = ((k[f"in_{axis}_size"], k[f"out_{axis}_size"]) for axis in ("col", "row"))
    if gy.size == check.recorded.size:
        return gy.reshape(check.recorded.shape)

    def matrix(size, sources):
        place = np.arange(size) * (sources / size)
        first = np.minimum(np.floor(place).astype(int), sources - 2)
        result = np.zeros((size, sources))
        result[np.arange(size), first] = 1 - (place - first)
        result[np.arange(size), first + 1] = place - first
        return result
    images = gy.reshape(job.points, k["depth"], before[1], after[1])
    g = np.einsum("hi,ncij,wj->nchw", matrix(*before), images, matrix(*after))
    return g.reshape(check.recorded.shape)


def first_point_only(job, check):
    """Points after the first are not written: there may be anything."""
    return np.concatenate([check.ours[:1], check.recorded[1:]])


# layers with a state ------------------------------------------------------------------------

def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def fast_sigmoid(x):
    """FastLSTM's approximation."""
    a = np.abs(x / 2)
    line = 0.935409070603099 + 0.0458812946797165 * (a - 1.7)
    z = np.where(a < 1.7, 1.5 * a / (1 + a), np.where(a < 3, line, 0.99505475368673))
    return (1 + np.copysign(z, x)) / 2


def series(job):
    """Return input and gy, step by step, and the numbers of features and units."""
    arrays = (job.arrays[name].swapaxes(0, 1) for name in ("input", "gy"))
    return *arrays, job.kwargs["in_size"], job.kwargs["out_size"]


def logistic_slopes(job):
    """Return FastLSTM's g and gradient with slopes s (1 - s), as if s were the sigmoid."""
    x, gy, n, m = series(job)
    w, b, u = np.split(job.arrays["parameters"], [4 * n * m, 4 * (n + 1) * m])
    w, u = w.reshape(n, -1), u.reshape(m, -1)
    h = c = np.zeros(gy.shape[1:])
    steps = []
    for one in x:
        i, o, f, z = np.split(one @ w + b + h @ u, 4, 1)
        i, o, f, z = fast_sigmoid(i), fast_sigmoid(o), fast_sigmoid(f), np.tanh(z)
        before, c = (h, c), f * c + i * z
        h = o * np.tanh(c)
        steps.append((one, i, o, f, z, np.tanh(c), *before))
    g, gradients, d, dc = [], 0, np.zeros((len(h), 4 * m)), 0
    for (one, i, o, f, z, a, h, c), dh in zip(reversed(steps), reversed(gy)):
        dh = dh + d @ u.T
        e = dh * o * (1 - a * a) + dc
        d = np.concatenate([z * e * i * (1 - i), a * dh * o * (1 - o), c * e * f * (1 - f),
                            i * e * (1 - z * z)], 1)
        dc = f * e
        g.append(d @ w.T)
        gradients += np.concatenate([(one.T @ d).ravel(), d.sum(0), (h.T @ d).ravel()])
    return np.stack(g[::-1], 1), gradients


def logistic_slopes_g(job, check):
    return logistic_slopes(job)[0]


def logistic_slopes_gradient(job, check):
    return logistic_slopes(job)[1]


def next_cell(job):
    """Return the LSTM's g and gradient with the cell of the step after where that of the step
    before is meant (0 at the last step), and h of the step itself in the gradients of U."""
    x, gy, n, m = series(job)
    w, u, peepholes = np.split(job.arrays["parameters"], [4 * (n + 1) * m, -3 * m])
    w, u, (po, pf, pi) = w.reshape(4, n + 1, m), u.reshape(4, m, m), peepholes.reshape(3, m)
    x = np.concatenate([x, np.ones((*x.shape[:2], 1))], 2)
    h = c = np.zeros(gy.shape[1:])
    steps = []
    for one in x:
        o, f, i, z = one @ w + h @ u
        i, f, z = sigmoid(i + pi * c), sigmoid(f + pf * c), np.tanh(z)
        c = f * c + i * z
        o = sigmoid(o + po * c)
        h = o * np.tanh(c)
        steps.append((one, o, f, i, z, c, h))
    g, gradients, d, dc, after = [], 0, np.zeros((4, *h.shape)), 0, 0 * c
    for (one, o, f, i, z, c, h), dh in zip(reversed(steps), reversed(gy)):
        dh = dh + (d @ u.swapaxes(1, 2)).sum(0)
        do = dh * np.tanh(c) * o * (1 - o)
        e = dh * o * (1 - np.tanh(c) ** 2) + do * po + dc
        d = np.stack([do, after * e * f * (1 - f), z * e * i * (1 - i), i * e * (1 - z * z)])
        dc = f * e + d[1] * pf + d[2] * pi
        g.append((d @ w[:, :n].swapaxes(1, 2)).sum(0))
        of_peepholes = np.stack([d[0] * c, d[1] * after, d[2] * after]).sum(1)
        gradients += np.concatenate([(one.T @ d).ravel(), (h.T @ d).ravel(), of_peepholes.ravel()])
        after = c
    return np.stack(g[::-1], 1), gradients


def next_cell_g(job, check):
    return next_cell(job)[0]


def next_cell_gradient(job, check):
    return next_cell(job)[1]


def steps_apart(job):
    """Return the GRU's g and gradient without what a step does to the later ones, and without the
    reset gate in the gradient of V."""
    x, gy, n, m = series(job)
    w, b, u, v = np.split(job.arrays["parameters"],
                          np.cumsum([3 * n * m, 3 * m, 2 * m * m]))
    w, u, v = w.reshape(n, -1), u.reshape(m, -1), v.reshape(m, m)
    h, g, gradients = np.zeros(gy.shape[1:]), [], 0
    for one, dh in zip(x, gy):
        az, ar, an = np.split(one @ w + b, 3, 1)
        z, r = sigmoid(az + (h @ u)[:, :m]), sigmoid(ar + (h @ u)[:, m:])
        candidate = np.tanh(an + r * (h @ v))
        e = dh * (1 - z) * (1 - candidate ** 2)
        d = np.concatenate([dh * (h - candidate) * z * (1 - z), e * (h @ v) * r * (1 - r), e], 1)
        g.append(d @ w.T)
        gradients += np.concatenate([(one.T @ d).ravel(), d.sum(0), (h.T @ d[:, :2 * m]).ravel(),
                                     (h.T @ e).ravel()])
        h = z * h + (1 - z) * candidate
    return np.stack(g, 1), gradients


def steps_apart_g(job, check):
    return steps_apart(job)[0]


def steps_apart_gradient(job, check):
    return steps_apart(job)[1]


# losses -----------------------------------------------------------------------------------

def pair(job):
    return job.arrays["input"], job.arrays["target"]


def divisor(job):
    """Number of elements where the loss is their mean, else 1."""
    return job.arrays["input"].size if job.kwargs.get("reduction", True) is False else 1


def signed_difference(job, check):
    """Without the absolute value; its "mean" is over features, summed over points."""
    x, t = pair(job)
    return (x - t).sum() / (job.features if divisor(job) > 1 else 1)


def sign_undivided(job, check):
    x, t = pair(job)
    return np.sign(x - t)


def linear_hinge_embedding(job, check):
    x, t = pair(job)
    return ((1 - t) / 2 + x * t).sum() / divisor(job)


def linear_hinge_embedding_g(job, check):
    return job.arrays["target"] / divisor(job)


def inverted_hinge_g(job, check):
    x, t = pair(job)
    label = np.where(t == 0, -1.0, t)
    return np.where(x < 1 / label, -label, 0.0) / divisor(job)


def inverted_hinge_g_undivided(job, check):
    return inverted_hinge_g(job, check) * divisor(job)


def largest_hinge(job, check):
    """Of each point's terms only the largest."""
    x, t = pair(job)
    return (1 - x * np.where(t == 0, -1.0, t)).max(1).sum() / x.size


def relative_entropy(job, check):
    """sum x (log x - log t): the roles of prediction and target are exchanged."""
    x, t = pair(job)
    return (x * np.log(x / t)).sum() / divisor(job)


def relative_entropy_g(job, check):
    x, t = pair(job)
    return ((np.log(x / t) + 1).sum() / divisor(job)).reshape(1, 1)


def cosine_runs(job):
    """Return (loss object, runs): mlpack's vectors are runs of as many values as points."""
    return job.build(), [array.reshape(-1, job.points) for array in pair(job)]


def cosine_of_runs(job, check):
    loss, runs = cosine_runs(job)
    return np.asarray(loss.Forward(*runs))


def cosine_of_runs_g(job, check):
    """The mean is never divided (3.x), or again at every run of a loop (4.4, 4.8)."""
    loss, runs = cosine_runs(job)
    g = loss.Backward(*runs)
    if divisor(job) > 1:
        count = len(g)
        factor = float(count) ** -np.arange(count, 0, -1) if job.version != "3.x" else 1.0
        g = g * count * np.reshape(factor, (-1, 1))
    return g.reshape(check.recorded.shape)


def margin_ranking_g(job, check):
    x, t = pair(job)
    first, second = np.split(x, 2, 1)
    active = job.kwargs["margin"] - t * (first - second) > 0
    return np.where(active, second - first, 0.0)


def triplet_margin(job, check):
    """Clamped once for the whole batch."""
    x, negative = pair(job)
    anchor, positive = np.split(x, 2, 1)
    total = ((anchor - positive) ** 2).sum() - ((anchor - negative) ** 2).sum()
    return max(0.0, total + job.kwargs["margin"]) / job.points


def triplet_margin_g(job, check):
    x, negative = pair(job)
    return 2 * (negative - np.split(x, 2, 1)[1]) / job.points


def percentage_in_integers(job, check):
    x, t = pair(job)
    return np.abs((x - t) / t).sum() * (100 // job.points) * job.points


def percentage_g(job, check):
    x, t = pair(job)
    return np.where(x < t, -1.0, 1.0) / t * (100 // job.points) * job.points


def by_features(job, check):
    """The squared error's derivative divided by the features only."""
    x, t = pair(job)
    return 2 * (x - t) / job.features


def first_label_only(job, check):
    """Of labels given as a column only the first counts, though the mean divides by all."""
    x, t = pair(job)
    return -x[0, t[0]] / (len(t) if divisor(job) > 1 else 1)


def first_label_only_g(job, check):
    x, t = pair(job)
    g = np.zeros(x.shape)
    g[0, t[0]] = -1 / (len(t) if divisor(job) > 1 else 1)
    return g


def last_reward(job):
    """Return the reward of the last row but one, for which 3.x takes that of all points, and what
    rewards are divided by."""
    x, t = pair(job)
    counted = len(x) - 1
    rewarded = counted > 0 and x[-2].argmax() == t[counted - 1]
    reward = job.kwargs.get("scale", 1.0) * np.float64(rewarded)
    return reward, np.float64(counted if job.kwargs.get("size_average", True) else 1)


def last_reward_only(job, check):
    """The last row is left out, and only the reward of the one before counts."""
    x, t = pair(job)
    reward, divisor = last_reward(job)
    with np.errstate(invalid="ignore"):
        return -x[np.arange(len(x) - 1), t[:len(x) - 1]].sum() - reward / divisor


def baseline_in_second_row(job, check):
    """The second row's first element is taken for the baseline, and loses what the label gave."""
    x, t = pair(job)
    reward, divisor = last_reward(job)
    g = np.zeros(x.shape)
    g[np.arange(len(t)), t] = -1
    g[1, 0] = 2 * (x[1, 0] - reward) / divisor
    return g


def reward_less_second_row(job, check):
    reward, divisor = last_reward(job)
    return np.reshape((reward - job.arrays["input"][1, 0]) / divisor, 1)


def whole_blocks_g(job, check):
    """Pixel shuffling's g without the surplus channels."""
    factor, size = job.kwargs["upscale_factor"], job.kwargs["size"]
    channels = check.ours.reshape(job.points, size, -1)
    return channels[:, :size - size % factor ** 2].reshape(job.points, -1)


def attention_over_queries(job, check):
    """Multi-head attention whose softmax runs over the queries, masks added before it, and whose
    last product takes the output's weights transposed."""
    masks = [job.kwargs[name] for name in ("attn_mask", "key_padding_mask") if name in job.kwargs]
    return _attention(job, 2, True, sum(masks, 0.0))[check.item]


def attention_of_mixed_points(job, check):
    """Multi-head attention that takes the batch's memory for all queries, then all keys, then all
    values."""
    return _attention(job, 3, False, _masks_of_points(job))[check.item].reshape(
        check.recorded.shape)


def _masks_of_points(job):
    """Return -inf for each (point, head, query, key) that a negative number masks."""
    pairs, keys = job.kwargs.get("attn_mask"), job.kwargs.get("key_padding_mask")
    hidden = np.zeros((1, 1, 1, 1), bool) if pairs is None else pairs[:, None] < 0
    return np.where(hidden if keys is None else hidden | (keys[:, None, None] < 0), -np.inf, 0.0)


def _attention(job, axis, turned, mask):
    """Return what attention gives with its softmax over an axis of (points, heads, queries, keys),
    where of several points each takes its queries, keys and values from runs of the batch's memory.
    """
    arrays, heads = job.arrays, job.kwargs["num_heads"]
    embed = job.attributes["input_dimensions"][-1]
    n, targets = job.points, job.kwargs["tgt_seq_len"]
    own = job.kwargs.get("self_attention", False)
    sources = targets if own else (job.features // embed - targets) // 2
    memory, size = arrays["input"].reshape(-1, embed), embed // heads
    cuts = n * targets, n * (targets + sources)
    inputs = [memory] * 3 if own else np.split(memory, cuts)
    weights = arrays["parameters"][:4 * embed * embed].reshape(4, embed, embed)
    biases = arrays["parameters"][4 * embed * embed:].reshape(4, embed)

    def apart(rows):
        return rows.reshape(n, -1, heads, size).swapaxes(1, 2)

    def together(parts):
        return parts.swapaxes(1, 2).reshape(-1, embed)

    q, k, v = (apart(x @ w + b) for x, w, b in zip(inputs, weights, biases))
    last = weights[3].T if turned else weights[3]
    with np.errstate(invalid="ignore"):
        scores = q @ k.swapaxes(2, 3) / np.sqrt(size) + mask
        shares = np.exp(scores - scores.max(axis, keepdims=True))
        shares /= shares.sum(axis, keepdims=True)
    if axis == 3:                           # a query without keys gets nothing
        shares[np.isneginf(scores).all(3)] = 0
    out, gy = together(shares @ v), arrays["gy"].reshape(-1, embed)
    slopes = apart(gy @ last.T)
    dv = shares.swapaxes(2, 3) @ slopes
    dshares = slopes @ v.swapaxes(2, 3)
    dscores = shares * (dshares - (shares * dshares).sum(axis, keepdims=True)) / np.sqrt(size)
    errors = [together(part) for part in (dscores @ k, dscores.swapaxes(2, 3) @ q, dv)]
    g = [(error @ w.T).reshape(n, -1) for error, w in zip(errors, weights)]
    of_last = out.T @ gy
    gradient = [*(x.T @ error for x, error in zip(inputs, errors)),
                of_last.T if turned else of_last]
    return {"output": (out @ last + biases[3]).reshape(n, -1),
            "g": sum(g) if own else np.concatenate(g, 1),
            "gradient": np.concatenate([np.ravel(part) for part in gradient]
                                       + [error.sum(0) for error in (*errors, gy)]),
            "attention_weights": shares}


def lost_patches(patches, depth):
    """The second of several patches is put in the last one's place, those after it nowhere."""
    patches = patches.reshape(depth, -1)
    kept = np.zeros(patches.shape)
    kept[0], kept[-1] = patches[:2]
    return kept.reshape(1, -1)


def glimpse_of_two_patches(job, check):
    return lost_patches(check.ours, job.kwargs["depth"])


def attention_to_two_patches(job, check):
    layer, image = prepare(job), job.arrays["input"]
    glimpse, action = job.kwargs["rnn"], job.kwargs["action"]
    seen = np.zeros((1, job.kwargs["out_size"]))
    for _ in range(layer.rho):
        x = np.concatenate([image, action.Forward(seen)], 1)
        seen = lost_patches(glimpse.Forward(x), glimpse.depth)
    return seen


def glimpse_turned(job, check):
    """The first patch's slopes at their place with its axes exchanged, and the whole image
    rearranged as if turning that back, which it is only for a square."""
    k, image = job.kwargs, job.arrays["input"][0, :-2]
    width, height, size = k["input_width"], k["input_height"], k["size"]
    margin = (size - 1) // 2
    padded = np.zeros((width + 2 * margin, height + 2 * margin))
    left, top = (int(min(max((at + 1) / 2, 0), 1) * (length - size)) for at, length in
                 zip(job.arrays["input"][0, image.size:], padded.shape))
    padded[left:left + size, top:top + size] = job.arrays["gy"].reshape(size, size).T
    inner = padded[margin:margin + width, margin:margin + height]
    return np.append(inner.T.reshape(width, height).T.ravel(), [0, 0])[None]


# regularizers -----------------------------------------------------------------------------

def unsigned_power(job, check):
    """Adds factor * power * |w|^(power - 1)."""
    power, factor = job.kwargs["power"], job.kwargs["factor"]
    weight = job.arrays["weight"].ravel()
    return (job.arrays["gradient_before"].ravel()
            + factor * power * np.abs(weight) ** (power - 1))


# convolution rules ------------------------------------------------------------------------

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


# initialisation rules -----------------------------------------------------------------------

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
