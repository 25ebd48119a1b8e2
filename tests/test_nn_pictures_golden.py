"""SVG of each kind of network picture, byte for byte as in `golden/`.

After a wanted change of the drawing, write the files anew and look at them: `python tests/test_nn_pictures_golden.py`
"""

from pathlib import Path

import numpy as np
import pytest

import nn

GOLDEN = Path(__file__).parent / "golden"
# Halves and quarters: sums of them are exact, in whichever order a machine adds.
X = np.arange(48.0).reshape(3, 16) % 5 / 4
Y = np.eye(2)[[0, 1, 1]]


def network():
    net = nn.MLP([16, 3, 2], seed=0)
    for p in net.parameters():
        p.data = (np.arange(float(p.size)).reshape(p.shape) * 7 % 11 - 5) / 8
    return net


def history():
    epochs = [nn.Epoch(i + 1, 1 / (i + 2), 0.875 + i / 32, 1.25 / (i + 2), 0.75 + i / 32, 1.0) for i in range(4)]
    norms = [{"layer 1": 1 / 64 / (i + 1), "layer 2": 1 / 4 / (i + 1)} for i in range(4)]
    return nn.History(epochs, [1 / (1 + i) + (i % 3) / 8 for i in range(16)], 4, norms)


PICTURES = {
    "network": lambda: nn.draw_network(network(), X[0], Y[0]),
    "network-nudges": lambda: nn.draw_network(network(), X[1], Y[1], show="nudges", theme="dark"),
    "weights": lambda: nn.draw_weights(network()),
    "nudges": lambda: nn.nudges(network(), X, Y).draw(),
    "curves": lambda: history().draw(),
    "speed": lambda: nn.learning_speed(network(), X, Y).draw(theme="dark"),
}


@pytest.mark.parametrize("name", PICTURES)
def test_the_picture_is_as_it_was(name):
    assert PICTURES[name]().svg == (GOLDEN / f"nn-{name}.svg").read_text(encoding="utf-8")


if __name__ == "__main__":
    for name, make in PICTURES.items():
        (GOLDEN / f"nn-{name}.svg").write_text(make().svg, encoding="utf-8", newline="\n")
