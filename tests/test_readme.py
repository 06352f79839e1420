"""What the README says is so."""
import re
from pathlib import Path

import pytest

from mlpack_ann import (activation_functions, convolution_rules, dists, init_rules, layer,
                        loss_functions, regularizer)
from tests.checks import public_classes

README = Path(__file__).parent.parent / "README.md"
pytestmark = pytest.mark.skipif(not README.exists(), reason="only in a checkout")


def test_the_examples(capsys):
    learning, sequences = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    names = {}
    exec(learning, names)
    assert float(capsys.readouterr().out) < 30      # 110 is to know nothing: 100 * log(3)
    exec(sequences, names)
    assert names["y"].shape == (10, 7, 3)


@pytest.mark.parametrize("package", [layer, loss_functions, regularizer, init_rules, dists,
                                     convolution_rules])
def test_every_class_is_in_the_box(package):
    named = set(re.findall(r"`(\w+)`", README.read_text()))
    assert set(public_classes(package)) <= named


def test_all_activation_functions_are_counted():
    assert f"all {len(public_classes(activation_functions))} of mlpack" in README.read_text()
