"""Rows of the layers with a state."""
import numpy as np

from mlpack_ann import layer

from tests.case import LayerCase, numbers


def draw(rng):
    n, steps = numbers(rng, 1, 5), numbers(rng, 1, 6)
    in_size, out_size = numbers(rng, 1, 5, 2).tolist()
    arguments = {"in_size": in_size, "out_size": out_size}
    if rng.integers(2):
        arguments["rho"] = numbers(rng, 1, 4)
    return arguments, (n, steps, in_size)


def draw_inferred(rng):
    """More units than a vector has, and no multiple of it."""
    n, steps, in_size = numbers(rng, 1, 3), numbers(rng, 1, 4), numbers(rng, 1, 3)
    return {"out_size": numbers(rng, 5, 9)}, (n, steps, in_size)


def draw_one_step(rng):
    """Steps given alone, each the first of its sequence."""
    arguments, (n, _, in_size) = draw(rng)
    return {**arguments, "rho": 1}, (n, in_size)


def with_option(drawn, **option):
    def drawing(rng):
        arguments, shape = drawn(rng)
        return {**arguments, **option}, shape
    return drawing


# ---------------------------------------------------------------- references: step by step


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def fast_sigmoid(x):
    a = abs(x / 2)
    z = np.select([a < 1.7, a < 3], [1.5 * a / (1 + a),
                                     0.935409070603099 + 0.0458812946797165 * (a - 1.7)],
                  0.99505475368673)
    return (1 + np.sign(x) * z) / 2


def run(m, x, step, states):
    """Return h of all steps; `step` gives the states after one."""
    if x.ndim == 2:
        return run(m, x[:, None], step, states)[:, 0]
    outputs, start = [], [np.zeros((len(x), m.out_size))] * states
    for t in range(x.shape[1]):
        state = step(x[:, t], *(start if t % (m.rho or 100) == 0 else state))
        outputs.append(state[0])
    return np.stack(outputs, 1)


def cut(m, *shapes):
    """Return the parameters as arrays of these shapes."""
    ends = np.cumsum([np.prod(shape, dtype=int) for shape in shapes])
    assert ends[-1] == m.parameters.size
    return [part.reshape(shape) for part, shape in zip(np.split(m.parameters, ends), shapes)]


def lstm(m, x):
    n, k = m.in_size, m.out_size
    wo, bo, wf, bf, wi, bi, wz, bz, uo, uf, ui, uz, po, pf, pi = cut(
        m, *[(n, k), (k,)] * 4, *[(k, k)] * 4, *[(k,)] * 3)

    def step(x, h, c):
        i = sigmoid(x @ wi + h @ ui + pi * c + bi)
        f = sigmoid(x @ wf + h @ uf + pf * c + bf)
        c = f * c + i * np.tanh(x @ wz + h @ uz + bz)
        return sigmoid(x @ wo + h @ uo + po * c + bo) * np.tanh(c), c
    return run(m, x, step, 2)


def fast_lstm(m, x):
    n, k = m.in_size, m.out_size
    w, b, u = cut(m, (n, 4 * k), (4 * k,), (k, 4 * k))
    s = fast_sigmoid if m.approximate else sigmoid

    def step(x, h, c):
        i, o, f, z = np.split(x @ w + b + h @ u, 4, 1)
        c = s(f) * c + s(i) * np.tanh(z)
        return s(o) * np.tanh(c), c
    return run(m, x, step, 2)


def gru(m, x):
    n, k = m.in_size, m.out_size
    w, b, u, v = cut(m, (n, 3 * k), (3 * k,), (k, 2 * k), (k, k))

    def step(x, h):
        az, ar, an = np.split(x @ w + b, 3, 1)
        uz, ur = np.split(h @ u, 2, 1)
        z, r = sigmoid(az + uz), sigmoid(ar + ur)
        candidate = np.tanh(an + (r * (h @ v) if m.reset_after else (r * h) @ v))
        return z * h + (1 - z) * candidate,
    return run(m, x, step, 1)


def linear(m, x):
    n, k = m.in_size, m.out_size
    w, u, b = cut(m, (n, k), (k, k), (k,))
    return run(m, x, lambda x, h: (x @ w + h @ u + b,), 1)


# ---------------------------------------------------------------- the same in PyTorch


def in_pieces(m, x, function):
    """Apply a function of whole sequences to each that the state starts in."""
    import torch

    if x.ndim == 2:
        return function(x[:, None])[:, 0]
    return torch.cat([function(piece) for piece in x.split(m.rho or 100, 1)], 1)


def blocks(matrix, order, k):
    """Return blocks of k columns in this order, as rows: PyTorch's weights."""
    import torch

    return torch.cat([matrix[..., k * i:k * i + k] for i in order], -1).T


def torch_lstm(m, x, p):
    import torch

    n, k = m.in_size, m.out_size
    w, b, u = torch.split(p, [4 * n * k, 4 * k, 4 * k * k])
    order = 0, 2, 3, 1
    weights = [blocks(w.view(n, -1), order, k), blocks(u.view(k, -1), order, k),
               blocks(b[None], order, k)[:, 0], torch.zeros(4 * k, dtype=p.dtype)]

    def function(x):
        start = torch.zeros(2, 1, len(x), k, dtype=p.dtype)
        return torch.lstm(x, start.unbind(), weights, True, 1, 0.0, True, False, True)[0]
    return in_pieces(m, x, function)


def torch_gru(m, x, p):
    import torch

    n, k = m.in_size, m.out_size
    w, b, u, v = torch.split(p, [3 * n * k, 3 * k, 2 * k * k, k * k])
    order, u = (1, 0, 2), torch.cat([u.view(k, -1), v.view(k, k)], 1)
    weights = [blocks(w.view(n, -1), order, k), blocks(u, order, k),
               blocks(b[None], order, k)[:, 0], torch.zeros(3 * k, dtype=p.dtype)]

    def function(x):
        start = torch.zeros(1, len(x), k, dtype=p.dtype)
        return torch.gru(x, start, weights, True, 1, 0.0, True, False, True)[0]
    return in_pieces(m, x, function)


def torch_steps(step, states):
    """A formula step by step, differentiated by autograd."""
    def whole(m, x, p):
        import torch

        def function(x):
            state, outputs = [torch.zeros(len(x), m.out_size, dtype=p.dtype)] * states, []
            for t in range(x.shape[1]):
                state = step(m, x[:, t], p, *state)
                outputs.append(state[0])
            return torch.stack(outputs, 1)
        return in_pieces(m, x, function)
    return whole


def torch_peephole_step(m, x, p, h, c):
    import torch

    n, k = m.in_size, m.out_size
    affine = p[:4 * (n + 1) * k].view(4, n + 1, k)
    o, f, i, z = (x @ one[:n] + one[n] + h @ u for one, u in
                  zip(affine, p[4 * (n + 1) * k:-3 * k].view(4, k, k)))
    po, pf, pi = p[-3 * k:].view(3, k)
    c = torch.sigmoid(f + pf * c) * c + torch.sigmoid(i + pi * c) * torch.tanh(z)
    return torch.sigmoid(o + po * c) * torch.tanh(c), c


def torch_gru_step(m, x, p, h):
    import torch

    n, k = m.in_size, m.out_size
    w, b, u, v = torch.split(p, [3 * n * k, 3 * k, 2 * k * k, k * k])
    az, ar, an = (x @ w.view(n, -1) + b).chunk(3, 1)
    uz, ur = (h @ u.view(k, -1)).chunk(2, 1)
    z = torch.sigmoid(az + uz)
    candidate = torch.tanh(an + (torch.sigmoid(ar + ur) * h) @ v.view(k, k))
    return torch.lerp(candidate, h, z),


def torch_linear_step(m, x, p, h):
    n, k = m.in_size, m.out_size
    return x @ p[:n * k].view(n, k) + h @ p[n * k:-k].view(k, k) + p[-k:],


REFUSED = [({"in_size": 0, "out_size": 3}, ValueError), ({"in_size": 3}, TypeError),
           ({"in_size": 2.5, "out_size": 3}, TypeError),
           ({"in_size": 2, "out_size": 3, "rho": 0}, ValueError),
           ({"in_size": 2, "out_size": 3, "rho": 1.5}, TypeError),
           ({"in_size": 2, "out_size": 3, "dtype": "int32"}, TypeError),
           ({"in_size": 2, "out_size": 3, "rng": 7}, TypeError)]
THREE_TO_TWO = {"in_size": 3, "out_size": 2}
BAD_SHAPES = [(THREE_TO_TWO, (4, 2)), (THREE_TO_TWO, (3,)), (THREE_TO_TWO, (2, 3, 2)),
              (THREE_TO_TWO, (2, 2, 2, 3)), ({"out_size": 2}, (2, 4, 0))]


def rows(cls, reference, torch, option=None, name=""):
    """The rows of a class: whole sequences, sizes that are inferred, and steps given alone."""
    option = option or {}
    refused = REFUSED + [({**THREE_TO_TWO, key: 2}, TypeError) for key in option]
    return [LayerCase(cls, with_option(draw, **option), reference, torch=torch, name=name,
                      keeps_forward=True, invalid=refused, bad_shapes=BAD_SHAPES),
            LayerCase(cls, with_option(draw_inferred, **option), reference, torch=torch,
                      name=f"{name}-inferred", keeps_forward=True),
            LayerCase(cls, with_option(draw_one_step, **option), reference, torch=torch,
                      name=f"{name}-step", keeps_forward=True)]


LAYERS = [
    *rows(layer.LSTM, lstm, torch_steps(torch_peephole_step, 2)),
    *rows(layer.FastLSTM, fast_lstm, None),
    *rows(layer.FastLSTM, fast_lstm, torch_lstm, {"approximate": False}, "-exact"),
    *rows(layer.GRU, gru, torch_steps(torch_gru_step, 1)),
    *rows(layer.GRU, gru, torch_gru, {"reset_after": True}, "-after"),
    *rows(layer.LinearRecurrent, linear, torch_steps(torch_linear_step, 1)),
]
