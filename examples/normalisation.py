"""BatchNorm against InstanceNorm: the same on a single image, not on a batch.

    python normalisation.py [picture.png]

Random RGB images go through a convolution, and its output through both norms. BatchNorm takes a
channel's mean and variance over all images of the batch, InstanceNorm over each image by itself:
for one image that is the same. The picture shows the histograms of the values. Needs matplotlib,
from the extra "examples".
"""
import sys

import numpy as np
from matplotlib.figure import Figure

import mlpack_ann
from mlpack_ann.layer import BatchNorm, Convolution, InstanceNorm

mlpack_ann.RandomSeed(4)                                        # the same weights in every run
rng = np.random.default_rng(4)                                  # and the same images

brightness = np.array([0.1, 0.3, 0.6, 1.0]).reshape(4, 1, 1, 1)
batches = {"one image": rng.random((1, 3, 64, 64)),             # red, green, blue: 64 x 64 pixels
           "four images, dark to bright": rng.random((4, 3, 64, 64)) * brightness}

convolution = Convolution(3, 16, 4, 4)
batch_norm = BatchNorm(16, eps=1e-5)                            # the default of InstanceNorm
instance_norm = InstanceNorm(16)

figure = Figure(figsize=(9, 3.4), layout="constrained")
bins = np.linspace(-4, 4, 81)
for axes, (title, images) in zip(figure.subplots(1, 2), batches.items()):
    features = convolution.Forward(images)
    by_batch, by_image = batch_norm.Forward(features), instance_norm.Forward(features)
    arrays = {"Convolution": features, "BatchNorm": by_batch, "InstanceNorm": by_image}

    print(f"{title:33}{'mean':>8}{'spread':>9}")
    for name, array in arrays.items():
        mean = array.mean().round(4) + 0                        # no minus sign on 0
        print(f"  {name:31}{mean:8.4f}{array.std():9.4f}")
    print(f"  largest difference of the norms{np.abs(by_batch - by_image).max():8.1e}\n")

    axes.hist(features.ravel(), bins, color="lightgrey", label="Convolution")
    axes.hist(by_batch.ravel(), bins, color="tab:blue", alpha=0.6, label="BatchNorm")
    axes.hist(by_image.ravel(), bins, color="black", histtype="step", label="InstanceNorm")
    axes.set(title=title, xlabel="value", ylabel="values per bin")
    axes.legend()

picture = sys.argv[1] if len(sys.argv) > 1 else "normalisation.png"
figure.savefig(picture, dpi=100)
print(f"picture: {picture}")
