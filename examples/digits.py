"""A convolutional network, written out layer by layer, learns to read handwritten digits.

    python digits.py [picture.png]

scikit-learn ships 1,797 real digits of 8 x 8 pixels. The network learns from two thirds of them,
and the held-out third tells how well it reads digits that it has never seen. The picture shows how
that improves, and the digits it finds hardest. Needs matplotlib and scikit-learn, from the extra
"examples".
"""
import sys
from time import perf_counter

import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import mlpack_ann
from mlpack_ann.layer import BatchNorm, Convolution, Linear, LogSoftMax, MaxPooling, ReLU
from mlpack_ann.loss_functions import NegativeLogLikelihood

EPOCHS, BATCH, RATE, MOMENTUM = 12, 32, 0.02, 0.9

mlpack_ann.RandomSeed(1)                            # the same weights in every run
rng = np.random.default_rng(1)                      # and the same order of the digits

net = [
    Convolution(1, 16, 3, 3, pad_w=1, pad_h=1),     # 16 x 8 x 8
    BatchNorm(16, average=False),
    ReLU(),
    MaxPooling(2, 2, 2, 2),                         # 16 x 4 x 4
    Convolution(16, 32, 3, 3, pad_w=1, pad_h=1),    # 32 x 4 x 4
    BatchNorm(32, average=False),
    ReLU(),
    MaxPooling(2, 2, 2, 2),                         # 32 x 2 x 2
    Linear(32 * 2 * 2, 10),
    LogSoftMax(),                                   # one log-probability per digit
]
loss = NegativeLogLikelihood("mean")
velocities = [0.0] * len(net)

# A point is a flat row of numbers; this tells each layer of images how those lie in its input.
shape = (1, 1, 8, 8)
for layer in net[:8]:
    layer.input_dimensions = shape[1:]              # channels, height, width
    shape = layer.OutputShape(shape)


def forward(x, training):
    """Return the input of each layer, and last the output of the network."""
    values = [x]
    for layer in net:
        layer.training = training
        values.append(layer.Forward(values[-1]))
    return values


def learn(x, labels):
    """Take one step down the slope of the loss, and return the loss."""
    values = forward(x, training=True)
    gy = loss.Backward(values[-1], labels)
    for i in reversed(range(len(net))):
        gradient = net[i].Gradient(values[i], gy)
        gy = net[i].Backward(values[i], values[i + 1], gy)
        if net[i].parameters is not None:
            velocities[i] = MOMENTUM * velocities[i] - RATE * gradient
            net[i].parameters += velocities[i]
    return loss.Forward(values[-1], labels)


digits = load_digits()
train_x, test_x, train_y, test_y = train_test_split(
    digits.data / 16, digits.target, test_size=1 / 3, stratify=digits.target, random_state=1)

print(f"{len(train_x)} digits to learn from, {len(test_x)} held out")
start, accuracies = perf_counter(), []
for epoch in range(1, EPOCHS + 1):
    batches = np.array_split(rng.permutation(len(train_x)), len(train_x) // BATCH)
    losses = [learn(train_x[batch], train_y[batch]) for batch in batches]
    log_probabilities = forward(test_x, training=False)[-1]
    answers = log_probabilities.argmax(axis=1)
    accuracies.append(100 * np.mean(answers == test_y))
    print(f"\repoch {epoch:2} of {EPOCHS}   loss {np.mean(losses):.4f}   "
          f"held out {accuracies[-1]:.1f} % right   {perf_counter() - start:.1f} s",
          end="", flush=True)
print()

# ---------------------------------------------------------------- the picture

hardest = log_probabilities[np.arange(len(test_y)), test_y].argsort()[:8]
figure = Figure(figsize=(9, 3.4), layout="constrained")
left, right = figure.subfigures(1, 2, width_ratios=[5, 4])

axes = left.subplots()
axes.plot(range(1, EPOCHS + 1), accuracies, "o-")
axes.set(title=f"{accuracies[-1]:.1f} % of the held-out digits read right", xlabel="epoch",
         ylabel="read right, %")
axes.grid(alpha=0.3)

right.suptitle(f"the eight hardest ({np.sum(answers != test_y)} of {len(test_y)} are misread)")
grid = right.subplots(2, 4, subplot_kw={"frame_on": False, "xticks": [], "yticks": []})
for axes, i in zip(grid.flat, hardest):
    axes.imshow(test_x[i].reshape(8, 8), cmap="gray_r")
    axes.set_title(f"{test_y[i]} as {answers[i]}",
                   color="black" if answers[i] == test_y[i] else "red")

picture = sys.argv[1] if len(sys.argv) > 1 else "digits.png"
figure.savefig(picture, dpi=100)
print(f"picture: {picture}")
