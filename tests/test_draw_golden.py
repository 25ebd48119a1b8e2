"""SVG and DOT of a few small graphs, byte for byte as in `golden/`.

After a wanted change of the drawing, write the files anew and look at them: `python tests/test_draw_golden.py`
"""

from pathlib import Path

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.drawing import draw

GOLDEN = Path(__file__).parent / "golden"


def square():
    x = ag.Tensor(3.0, requires_grad=True, name="x")
    y = (x * x).named("y")
    y.backward()
    return draw(y)


def neuron():
    with ag.scope("neuron"):
        w, b = (ag.Tensor(v, requires_grad=True, name=name) for v, name in (([0.5, -1.5], "w"), (0.25, "b")))
        x = ag.Tensor([2.0, 1.0], name="x")
        z = (w @ x + b).named("z")
        a = np.maximum(z, 0.125 * z).named("a")
    with ag.scope("cost"):
        y = ag.Tensor(1.0, name="y")
        cost = np.square(a - y).named("C")
    cost.backward(keep_grads=True)
    return draw(cost)


def strips():
    W = ag.Tensor(np.arange(-6.0, 6).reshape(3, 4), requires_grad=True, name="W")
    total = np.sum(W * np.arange(4.0)).named("total")
    total.backward()
    return draw(total, theme="dark", rankdir="TB")


def layer():
    """A transpose, an array among the operands, and a card of several nodes."""
    x = ag.Tensor(np.arange(8.0).reshape(2, 4) / 8 - 0.5, name="x")
    with ag.scope("layer 1"):
        W = ag.Tensor(np.arange(-6.0, 6).reshape(3, 4) / 4, requires_grad=True, name="W")
        z = (x @ W.T).named("z")
    with ag.scope("cost"):
        cost = np.sum(np.square(np.maximum(z, 0.0) - 1.0)).named("C")
    cost.backward(keep_grads=True)
    return draw(cost, max_nodes=6, expand=("layer 1",))


PICTURES = {"square": square, "neuron": neuron, "strips": strips, "layer": layer}
FILES = [f"{name}.{ending}" for name in PICTURES for ending in ("svg", "dot")]


def content(file):
    name, ending = file.split(".")
    return getattr(PICTURES[name](), ending)


@pytest.mark.parametrize("file", FILES)
def test_the_picture_is_as_it_was(file):
    assert content(file) == (GOLDEN / file).read_text(encoding="utf-8")


if __name__ == "__main__":
    for file in FILES:
        (GOLDEN / file).write_text(content(file), encoding="utf-8", newline="\n")
