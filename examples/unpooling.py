"""What MaxPooling keeps of an image, and what UnPooling restores.

    python unpooling.py [picture.png]

MaxPooling keeps the largest value of each window and remembers its place: the number of the pixel,
counted row by row. UnPooling puts the values back in their places, with zeros elsewhere, in an
image of the size that was pooled, even where the windows left a row or a column over. The picture
shows a digit, with these numbers in red, and a photo. Needs matplotlib and scikit-learn, from the
extra "examples".
"""
import sys

import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_digits, load_sample_image

from mlpack_ann.layer import MaxPooling, UnPooling

digit = load_digits().images[0, :, :7] / 16
flower = load_sample_image("flower.jpg")[72:375:5, 162:465:5].mean(axis=2) / 255     # grey
figure = Figure(figsize=(9, 5.6), layout="constrained")

print(f"{'':10}{'image':>12}{'MaxPooling':>12}{'UnPooling':>12}{'pixels kept':>18}")
for name, image, row in zip(["digit", "flower"], [digit, flower], figure.subplots(2, 3)):
    x = image[np.newaxis, np.newaxis]                           # one image of one channel
    pooling = MaxPooling(2, 2, 2, 2)                            # windows and strides of 2 x 2
    pooled = pooling.Forward(x)
    restored = UnPooling(pooling).Forward(pooled)

    sizes = ["{} x {}".format(*a.shape[2:]) for a in (x, pooled, restored)]
    print(f"{name:10}{sizes[0]:>12}{sizes[1]:>12}{sizes[2]:>12}{pooled.size:>8} of {x.size}")

    for axes, title, size, array in zip(row, ["image", "MaxPooling", "UnPooling"], sizes,
                                        [x, pooled, restored]):
        axes.imshow(array[0, 0], cmap="gray", vmin=0, vmax=1)
        axes.set_title(f"{title}: {size}")
        axes.axis("off")

    if name == "digit":
        for window, pixel in np.ndenumerate(pooling.pooling_indices[0, 0]):
            place = np.unravel_index(pixel, image.shape)
            for axes, (i, j) in zip(row, [place, window, place]):
                axes.text(j, i, pixel, color="red", weight="bold", ha="center", va="center")

picture = sys.argv[1] if len(sys.argv) > 1 else "unpooling.png"
figure.savefig(picture, dpi=100)
print(f"picture: {picture}")
