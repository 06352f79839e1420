"""What mlpack's layers with a state, of attention and of glimpses compute where they are wrong."""
import numpy as np

from mlpack_ann.port.passes import prepare


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
