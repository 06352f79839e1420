"""Rows of the layers of attention."""
import numpy as np

from mlpack_ann import layer

from tests.case import LayerCase, numbers


def sizes(rng):
    """Points, queries, keys, heads and features of a head."""
    return numbers(rng, 1, 4), *numbers(rng, 1, 5, 2).tolist(), *numbers(rng, 1, 3, 2).tolist()


def draw_self(rng):
    n, targets, _, heads, size = sizes(rng)
    arguments = {"tgt_seq_len": targets, "num_heads": heads, "self_attention": True}
    if rng.integers(2):
        arguments["embed_dim"] = heads * size
    return arguments, (n, targets, heads * size)


def draw_cross(rng):
    n, targets, sources, heads, size = sizes(rng)
    arguments = {"tgt_seq_len": targets, "num_heads": heads}
    if rng.integers(2):
        arguments |= {"src_seq_len": sources, "embed_dim": heads * size}
    return arguments, (n, targets + 2 * sources, heads * size)


def draw_flat(rng):
    arguments, (n, length, features) = (draw_self if rng.integers(2) else draw_cross)(rng)
    arguments["embed_dim"] = features
    return arguments, (n, length * features)


def mask(rng, *shape):
    """Some minus infinity, some another negative number; a query may see nothing."""
    return rng.choice([0, 0, 0, -np.inf, -1], shape)


def draw_masked(rng):
    """Masks of all points; queries that see nothing among them."""
    arguments, shape = draw_cross(rng)
    targets, sources = arguments["tgt_seq_len"], (shape[1] - arguments["tgt_seq_len"]) // 2
    masks = {"attn_mask": mask(rng, targets, sources), "key_padding_mask": mask(rng, sources)}
    for name in list(masks)[int(rng.integers(3)):]:
        arguments[name] = masks[name]
    return arguments, shape


def masks_of_points(m, rng, shape):
    m.attn_mask = mask(rng, shape[0], m.tgt_seq_len, m.tgt_seq_len)
    m.key_padding_mask = mask(rng, shape[0], m.tgt_seq_len)


def split(m, x):
    """Queries, keys and values, and the masks, of x (batch, length, embed_dim)."""
    x = x.reshape(len(x), -1, m.embed_dim)
    at = m.tgt_seq_len
    parts = (x, x, x) if m.self_attention else (
        x[:, :at], x[:, at:(at + x.shape[1]) // 2], x[:, (at + x.shape[1]) // 2:])
    hidden = np.zeros((len(x), 1, at, parts[1].shape[1]), bool)
    if m.attn_mask is not None:
        hidden |= m.attn_mask.reshape(-1, 1, *hidden.shape[2:]) < 0
    if m.key_padding_mask is not None:
        hidden |= m.key_padding_mask.reshape(-1, 1, 1, hidden.shape[3]) < 0
    return parts, hidden


def attention(m, x):
    (query, key, value), hidden = split(m, x)
    e, d = m.embed_dim, m.embed_dim // m.num_heads
    weights = m.parameters[:4 * e * e].reshape(4, e, e)
    biases = m.parameters[4 * e * e:].reshape(4, e)
    q, k, v = (np.stack([(part @ w + b)[..., h * d:h * d + d] for h in range(m.num_heads)], 1)
               for part, w, b in zip((query, key, value), weights, biases))
    scores = np.where(hidden, -np.inf, q @ k.swapaxes(2, 3) / np.sqrt(d))
    shares = np.exp(scores - np.where(hidden.all(3, keepdims=True), 0,
                                      scores.max(3, keepdims=True)))
    shares /= np.where(hidden.all(3, keepdims=True), 1, shares.sum(3, keepdims=True))
    heads = np.concatenate(list((shares @ v).swapaxes(0, 1)), -1)
    return (heads @ weights[3] + biases[3]).reshape(*x.shape[:1], *(
        (-1,) if x.ndim == 2 else (m.tgt_seq_len, e)))


def torch_attention(m, x, parameters):
    import torch
    e = m.embed_dim
    weights = parameters[:4 * e * e].view(4, e, e)
    biases = parameters[4 * e * e:].view(4, e)
    x = x.view(len(x), -1, e)
    at = m.tgt_seq_len
    query, key, value = (x, x, x) if m.self_attention else (
        x[:, :at], *x[:, at:].chunk(2, 1))
    y, _ = torch.nn.functional.multi_head_attention_forward(
        query.transpose(0, 1), key.transpose(0, 1), value.transpose(0, 1), e, m.num_heads,
        weights[:3].transpose(1, 2).reshape(3 * e, e), biases[:3].flatten(), None, None, False, 0.0,
        weights[3].T, biases[3], need_weights=False)
    return y.transpose(0, 1)


THREE = {"tgt_seq_len": 3, "num_heads": 2}
REFUSED = [({"tgt_seq_len": 3}, TypeError), ({**THREE, "num_heads": 0}, ValueError),
           ({**THREE, "tgt_seq_len": 1.5}, TypeError), ({**THREE, "embed_dim": 5}, ValueError),
           ({**THREE, "src_seq_len": 0}, ValueError), ({**THREE, "self_attention": 2}, TypeError),
           ({**THREE, "self_attention": True, "src_seq_len": 4}, ValueError),
           ({**THREE, "attn_mask": "no"}, TypeError),
           ({**THREE, "attn_mask": np.zeros((3, 3), bool)}, TypeError),
           ({**THREE, "attn_mask": np.zeros((2, 3))}, ValueError),
           ({**THREE, "attn_mask": np.full((3, 3), np.nan)}, ValueError),
           ({**THREE, "key_padding_mask": np.zeros((2, 3, 4))}, ValueError),
           ({**THREE, "key_padding_mask": np.zeros(2), "self_attention": True}, ValueError),
           ({**THREE, "regularizer": 1}, TypeError), ({**THREE, "dtype": "int32"}, TypeError),
           ({**THREE, "rng": 7}, TypeError)]
SELF = {**THREE, "self_attention": True}
BAD_SHAPES = [(THREE, (2, 4, 4)), (THREE, (2, 3, 4)), (THREE, (2, 5, 3)), (THREE, (2, 20)),
              (THREE, (2, 5, 0)), (THREE, (4,)), (THREE, (2, 1, 5, 4)), (SELF, (2, 4, 4)),
              (SELF, (2, 13)), ({**SELF, "embed_dim": 4}, (2, 3, 2)),
              ({**THREE, "src_seq_len": 2}, (2, 5, 4)), ({**THREE, "embed_dim": 4}, (2, 16)),
              ({**THREE, "key_padding_mask": np.zeros(2)}, (2, 9, 4)),
              ({**THREE, "attn_mask": np.zeros((2, 3, 3))}, (3, 9, 4))]

LAYERS = [
    LayerCase(layer.MultiheadAttention, draw_self, attention, torch=torch_attention,
              keeps_forward=True, invalid=REFUSED, bad_shapes=BAD_SHAPES),
    LayerCase(layer.MultiheadAttention, draw_cross, attention, name="-cross",
              torch=torch_attention, keeps_forward=True),
    LayerCase(layer.MultiheadAttention, draw_flat, attention, name="-flat", keeps_forward=True),
    LayerCase(layer.MultiheadAttention, draw_masked, attention, name="-masked",
              keeps_forward=True),
    LayerCase(layer.MultiheadAttention, draw_self, attention, name="-masks",
              prepare=masks_of_points, keeps_forward=True),
]
