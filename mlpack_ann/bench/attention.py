"""Layers of attention, against PyTorch's on the same weights.

Gradient finds the derivatives by the projections where the pass before left them, as in training.
"""
from functools import partial

from mlpack_ann.bench.case import LayerCase, torch

HEADS = 8


class AttentionCase(LayerCase):
    """A case that counts what the projections and the heads multiply and add."""

    def operations(self, a):
        n, length, embed = a.x.shape
        return 2 * n * length * embed * (4 * embed + 2 * length)


def attention(x, packed, biases, last, bias, apart=(None, None, None)):
    """Self-attention of points first; what torch.nn.MultiheadAttention does without weights."""
    x = x.transpose(0, 1)
    y, _ = torch.nn.functional.multi_head_attention_forward(
        x, x, x, x.shape[2], HEADS, packed, biases, None, None, False, 0.0, last, bias,
        need_weights=False, use_separate_proj_weight=packed is None, q_proj_weight=apart[0],
        k_proj_weight=apart[1], v_proj_weight=apart[2])
    return y.transpose(0, 1)


def cut(a):
    """Return the weights of query, key, value and output, (in, out), and the biases of the three
    and of the output."""
    embed = a.x.shape[2]
    weights, biases = a.p.split([4 * embed * embed, 4 * embed])
    return *weights.view(4, embed, embed), biases[:3 * embed], biases[3 * embed:]


def forward(a):
    *three, last, biases, bias = cut(a)
    return attention, a.x, torch.cat([w.T for w in three]), biases, last.T.contiguous(), bias


def gradient(a):
    """By weights in the layer's own order, so that PyTorch has nothing to rearrange."""
    *three, last, biases, bias = leaves = [part.clone().requires_grad_() for part in cut(a)]
    with torch.enable_grad():
        y = attention(a.x, None, biases, last.T, bias, [w.T for w in three])
    return partial(torch.autograd.grad, retain_graph=True), y, leaves, a.gy


CASES = [
    AttentionCase("MultiheadAttention",
                  {f"{embed}-t{length}-b{batch}": (
                      {"tgt_seq_len": length, "num_heads": HEADS, "self_attention": True},
                      (batch, length, embed))
                   for embed, length, batch in ((256, 64, 16), (64, 16, 1), (512, 256, 2),
                                                (64, 512, 4))},
                  {"Forward": forward, "Gradient": gradient}),
]
