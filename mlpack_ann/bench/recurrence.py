"""Layers with a state, against PyTorch's, on the same weights.

PyTorch's LSTM has no peepholes, so ours are 0, at the same cost; its sigmoid is the exact one.
Backward is timed with Gradient, since both come from one way back through time.
"""
from functools import partial
from math import prod

from mlpack_ann.bench.case import LayerCase, torch

N = 128


class RecurrenceCase(LayerCase):
    """A layer with a state; PyTorch's passes are made from the function of a case's arrays."""
    READS = {"Forward": ("x", "p"), "Backward": ("x", "gy", "p")}
    WRITES = {"Forward": ("y",), "Backward": ("x", "p")}
    steps = "Forward", "Backward"

    def arrays(self, size, dtype):
        a = super().arrays(size, dtype)
        a.p /= 2 * a.layer.out_size ** 0.5  # many steps of large weights are chaotic
        if self.name == "LSTM":
            a.p[-3 * a.layer.out_size:] = 0
        a.y = a.layer.Forward(a.x)
        return a

    def ours(self, a, step):
        return (a.layer.Forward, a.x) if step == "Forward" else (back, a.layer, a.x, a.y, a.gy)

    def work(self, a, step):
        size, count = super().work(a, step)
        return size, count if step == "Forward" else 2 * count

    def operations(self, a):
        return 2 * prod(a.x.shape[:2]) * a.p.size       # a weight is used once a point and step


def back(layer, x, y, gy):
    return layer.Backward(x, y, gy), layer.Gradient(x, gy)


def passes(prepared):
    """Make both passes of a function that returns a call and its weights, for the arrays."""
    def forward(a):
        function, weights = prepared(a)
        return function, a.x, weights

    def backward(a):
        function, weights = prepared(a)
        leaves = [a.x.requires_grad_(), *(w.detach().clone().requires_grad_() for w in weights)]
        with torch.enable_grad():
            y = function(leaves[0], leaves[1:])
        y = y[0] if isinstance(y, tuple) else y
        return partial(torch.autograd.grad, retain_graph=True), y, leaves, a.gy

    return {"Forward": forward, "Backward": backward}


def in_order(matrix, order):
    """Return blocks of columns in this order, transposed: PyTorch's weights."""
    parts = matrix.chunk(len(order), -1)
    return torch.cat([parts[i] for i in order], -1).t().contiguous()


def fused(operation, states, order, cut):
    """PyTorch's operation; `cut` gives W, b and U from the flat weights and the sizes."""
    def prepared(a):
        n, m = a.layer.in_size, a.layer.out_size
        w, b, u = cut(a.p, n, m)
        weights = [in_order(w, order), in_order(u, order), in_order(b[None], order)[:, 0]]
        weights.append(torch.zeros_like(weights[2]))
        start = torch.zeros(1, len(a.x), m, dtype=a.x.dtype)
        start = (start, start) if states == 2 else start

        def function(x, weights):
            return getattr(torch, operation)(x, start, weights, True, 1, 0.0, False, False, True)
        function.kind = "operation"
        return function, weights
    return prepared


def of_lstm(p, n, m):
    affine, u = p[:4 * (n + 1) * m].view(4, n + 1, m), p[4 * (n + 1) * m:-3 * m].view(4, m, m)
    return (torch.cat([*affine[:, :n]], 1), affine[:, n].reshape(-1), torch.cat([*u], 1))


def of_fast_lstm(p, n, m):
    w, b, u = p.split([4 * n * m, 4 * m, 4 * m * m])
    return w.view(n, -1), b, u.view(m, -1)


def of_gru(p, n, m):
    w, b, u, v = p.split([3 * n * m, 3 * m, 2 * m * m, m * m])
    return w.view(n, -1), b, torch.cat([u.view(m, -1), v.view(m, m)], 1)


def linear(a):
    n, m = a.layer.in_size, a.layer.out_size

    def function(x, weights):
        w, u, b = weights
        inner = torch.addmm(b, x.reshape(-1, n), w).view(*x.shape[:2], m)
        y = [inner[:, 0]]
        for t in range(1, x.shape[1]):
            y.append(torch.addmm(inner[:, t], y[-1], u))
        return torch.stack(y, 1)
    return function, [a.p[:n * m].view(n, m), a.p[n * m:-m].view(m, m), a.p[-m:]]


def sizes(**arguments):
    return {f"{n}-t{steps}-b{batch}": ({"in_size": n, "out_size": n, **arguments},
                                       (batch, steps, n))
            for n, steps, batch in ((N, 50, 32), (N, 50, 1), (4 * N, 20, 64))}


CASES = [
    RecurrenceCase("LSTM", sizes(), passes(fused("lstm", 2, (2, 1, 3, 0), of_lstm))),
    RecurrenceCase("FastLSTM", sizes(approximate=False),
                   passes(fused("lstm", 2, (0, 2, 3, 1), of_fast_lstm))),
    RecurrenceCase("GRU", sizes(reset_after=True), passes(fused("gru", 1, (1, 0, 2), of_gru))),
    RecurrenceCase("LinearRecurrent", sizes(), passes(linear)),
]
