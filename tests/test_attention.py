"""Layers of attention: what the common suite does not ask."""
import copy

import numpy as np
import pytest

from mlpack_ann import layer, regularizer
from mlpack_ann.layer import MultiheadAttention
from tests.cases.attention import attention, mask
from tests.checks import FLOATS, assert_close, slope, torch_or_skip


def made(shape=(2, 3, 4), dtype=np.float64, **arguments):
    """Return a layer of self-attention with random weights, and an input."""
    rng = np.random.default_rng(0)
    options = {"tgt_seq_len": shape[1], "num_heads": 2, "self_attention": True,
               "embed_dim": shape[2], **arguments}
    attending = MultiheadAttention(**options, dtype=dtype)
    attending.parameters = rng.normal(size=attending.parameters.size).astype(dtype)
    return attending, rng.normal(size=shape).astype(dtype)


# ---------------------------------------------------------------- blocks of queries


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("size", [8, 7])
@pytest.mark.parametrize("targets, sources", [(72, 5), (73, 40), (150, 33), (1, 100), (145, 144)])
def test_long_sequences_and_heads_of_whole_vectors(targets, sources, size, dtype):
    torch = torch_or_skip()
    rng = np.random.default_rng([targets, sources])
    embed = 4 * size
    x = rng.normal(size=(2, targets + 2 * sources, embed))
    attending = MultiheadAttention(targets, 2, embed_dim=embed, dtype=dtype)
    attending.parameters = rng.normal(size=attending.parameters.size).astype(dtype) / 4
    attending.attn_mask = hidden = mask(rng, targets, sources)
    hidden[:, 0] = 0                    # PyTorch knows no query without keys
    attending.attn_mask = hidden
    gy = rng.normal(size=(2, targets, embed))

    theirs = torch.nn.MultiheadAttention(embed, 2, batch_first=True, dtype=torch.float64)
    weights = attending.parameters[:4 * embed**2].reshape(4, embed, embed).astype(float)
    biases = attending.parameters[4 * embed**2:].astype(float)
    with torch.no_grad():
        theirs.in_proj_weight[...] = torch.tensor(np.concatenate(list(weights[:3].swapaxes(1, 2))))
        theirs.out_proj.weight[...] = torch.tensor(weights[3].T)
        theirs.in_proj_bias[...] = torch.tensor(biases[:3 * embed])
        theirs.out_proj.bias[...] = torch.tensor(biases[3 * embed:])
    leaf = torch.tensor(x, requires_grad=True)
    expected, shares = theirs(leaf[:, :targets], *leaf[:, targets:].chunk(2, 1),
                              attn_mask=torch.tensor(hidden < 0), average_attn_weights=False)
    expected.backward(torch.tensor(gy))
    gradient = np.concatenate([
        theirs.in_proj_weight.grad.numpy().reshape(3, embed, embed).swapaxes(1, 2).ravel(),
        theirs.out_proj.weight.grad.numpy().T.ravel(), theirs.in_proj_bias.grad.numpy(),
        theirs.out_proj.bias.grad.numpy()])

    y = attending.Forward(x.astype(dtype))
    exact = 1e-12 if dtype == np.float64 else 1e-5
    assert_close(y, expected.detach().numpy(), exact)
    assert_close(attending.attention_weights, shares.detach().numpy(), exact)
    g = attending.Backward(x.astype(dtype), y, gy.astype(dtype))
    assert_close(g, leaf.grad.numpy(), 10 * exact)
    assert_close(attending.Gradient(x.astype(dtype), gy.astype(dtype)), gradient, 10 * exact)


# ---------------------------------------------------------------- masks


def test_a_negative_element_masks_and_others_do_not():
    attending, x = made()
    plain = attending.Forward(x)
    attending.attn_mask = [[0.0, 1.0, np.inf]] * 3
    np.testing.assert_array_equal(attending.Forward(x), plain)
    attending.attn_mask = [[0.0, -1e-9, -np.inf]] * 3
    attending.Forward(x)
    np.testing.assert_array_equal(attending.attention_weights[..., 0], 1)
    np.testing.assert_array_equal(attending.attn_mask, [[0, -np.inf, -np.inf]] * 3)
    attending.attn_mask = None
    assert attending.attn_mask is None
    np.testing.assert_array_equal(attending.Forward(x), plain)


def test_a_causal_mask_hides_what_follows():
    attending, x = made()
    attending.attn_mask = np.triu(np.full((3, 3), -np.inf), 1)
    before = attending.Forward(x)
    x[:, 2] += 1
    np.testing.assert_array_equal(attending.Forward(x)[:, :2], before[:, :2])


def test_padding_of_a_point_hides_what_it_holds():
    attending, x = made()
    attending.key_padding_mask = [[0, 0, -np.inf], [0, 0, 0]]
    before = attending.Forward(x)
    x[:, 2] += 1
    after = attending.Forward(x)
    np.testing.assert_array_equal(after[0, :2], before[0, :2])
    assert not np.isclose(after[1], before[1]).any(1).all()


def test_a_query_that_sees_nothing_gets_the_last_bias():
    attending, x = made()
    attending.attn_mask = [[0, 0, 0], [-1, -1, -1], [0, 0, 0]]
    y = attending.Forward(x)
    np.testing.assert_array_equal(y[:, 1], [attending.parameters[-4:]] * 2)
    assert not attending.attention_weights[:, :, 1].any()
    gy = np.zeros_like(y)
    gy[:, 1] = 1
    assert not attending.Backward(x, y, gy).any()


def test_masks_must_fit_the_batch():
    attending, x = made()
    attending.attn_mask = np.zeros((3, 3, 3))
    with pytest.raises(ValueError, match=r"^MultiheadAttention: attn_mask has shape \(3, 3, 3\), "
                                         r"expected \(3, 3\) or \(2, 3, 3\)"):
        attending.Forward(x)
    with pytest.raises(RuntimeError, match="need a Forward first"):
        attending.Backward(x, x, x)
    other = MultiheadAttention(2, 1, key_padding_mask=[0, 0, 0])
    with pytest.raises(ValueError,
                       match=r"key_padding_mask has shape \(1, 3\), expected \(4,\) or"):
        other.Forward(np.zeros((2, 10, 2)))
    with pytest.raises(ValueError, match=r"expected \(3, 3\) or \(batch, 3, 3\)"):
        attending.attn_mask = np.zeros((3, 2))
    np.testing.assert_array_equal(attending.attn_mask, np.zeros((3, 3, 3)))


def test_masks_are_copied():
    hidden = np.zeros((3, 3))
    attending, x = made(attn_mask=hidden)
    before = attending.Forward(x)
    hidden[...] = attending.attn_mask[...] = -np.inf
    np.testing.assert_array_equal(attending.Forward(x), before)
    np.testing.assert_array_equal(copy.copy(attending).Forward(x), before)


# ---------------------------------------------------------------- sizes


def test_flat_points_need_a_size():
    x = np.random.default_rng(0).normal(size=(2, 8 * 4))
    for options in ({"embed_dim": 4}, {"src_seq_len": 3}):
        attending = MultiheadAttention(2, 2, **options)
        assert attending.Forward(x).shape == (2, 2 * 4) and attending.embed_dim == 4
    attending = MultiheadAttention(2, 2)
    with pytest.raises(ValueError, match="flat with embed_dim or input_dimensions given"):
        attending.Forward(x)
    attending.input_dimensions = 8, 4
    y = attending.Forward(x)
    np.testing.assert_array_equal(attending.Forward(x.reshape(2, 8, 4)).reshape(2, 8), y)


def test_sources_may_vary():
    attending = MultiheadAttention(2, 2, embed_dim=4)
    rng = np.random.default_rng(0)
    for sources in (3, 1, 6):
        x = rng.normal(size=(2, 2 + 2 * sources, 4))
        assert_close(attending.Forward(x), attention(attending, x), 1e-12)
        assert attending.attention_weights.shape == (2, 2, 2, sources)


# ---------------------------------------------------------------- Gradient after Backward


def test_gradient_of_another_error():
    attending, x = made()
    y = attending.Forward(x)
    gy, error = np.random.default_rng(1).normal(size=(2, *y.shape))
    expected = attending.Gradient(x, error)
    attending.Backward(x, y, gy)
    np.testing.assert_array_equal(attending.Gradient(x, error), expected)
    attending.Backward(x, y, error)
    np.testing.assert_array_equal(attending.Gradient(x, error), expected)


def test_the_regularizer_is_added():
    attending, x = made()
    decayed, _ = made(regularizer=regularizer.L2Regularizer(0.5))
    gy = np.ones_like(x)
    for one in (attending, decayed):
        one.Forward(x)
    assert_close(decayed.Gradient(x, gy),
                 attending.Gradient(x, gy) + attending.parameters, 1e-14)


def test_in_a_container():
    net = layer.MultiLayer([MultiheadAttention(3, 2, self_attention=True), layer.TanH()])
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    y = net.Forward(x)
    gy = np.random.default_rng(1).normal(size=y.shape)
    assert_close(net.Backward(x, y, gy), slope(lambda: (net.Forward(x) * gy).sum(), x), 1e-8)
    net.Forward(x)
    parameters = net.parameters
    assert_close(net.Gradient(x, gy), slope(lambda: (net.Forward(x) * gy).sum(), parameters), 1e-8)
