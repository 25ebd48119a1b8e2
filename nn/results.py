"""The files a run of `python -m nn` leaves behind."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import autograd_lite as ag
from autograd_lite.drawing.picture import ThemeName

from .certificate import Certificate
from .costs import Cost
from .datasets import CLASSES, Digits
from .files import replacing
from .history import History
from .nudges import Nudges, nudges
from .pictures import Drawing, draw_network, draw_weights
from .report import Section, report
from .saving import save
from .sequential import MLP
from .speed import LearningSpeed, learning_speed

if TYPE_CHECKING:
    from autograd_lite.explanations import Explanation

EXAMPLES = 100
"""Training examples whose nudges are averaged."""
MODEL, HISTORY, PAGE = "model.npz", "history.csv", "index.html"
MOST_NODES = 400
STEP = 1e-4
"""A small step, relative to the weights."""
THEMES: tuple[ThemeName, ...] = ("light", "dark")


@dataclass(frozen=True)
class Results:
    """What there is to see of a trained network: all of it is computed before the first file is written."""

    net: MLP
    digits: Digits
    cost: Cost
    history: History
    certificate: Certificate
    outputs: str
    """The table of the outputs for the first held-out digit."""

    def write(self, folder: Path) -> list[tuple[str, str]]:
        """Write all files, each of them whole or not at all, and return their names with what they hold."""
        contents, sections = self._pictures()
        lists = [(MODEL, "the network"), (HISTORY, "a row an epoch"), *((name, what) for name, what, _ in contents)]
        title = f"A network of {'-'.join(map(str, self.net.sizes))} neurons that reads digits"
        page = report(title, self._words(), sections)
        folder.mkdir(parents=True, exist_ok=True)
        save(self.net, folder / MODEL)
        self.history.to_csv(folder / HISTORY)
        for name, text in [*((name, text) for name, _, text in contents), (PAGE, page)]:
            with replacing(folder / name) as new:
                new.write_text(text, encoding="utf-8", newline="\n")
        return [*lists, (PAGE, "one page that shows all of this, to look at or to send")]

    def _words(self) -> str:
        words = (
            f"{sum(p.size for p in self.net.parameters()):,} weights and biases, {self.cost.__name__.replace('_', ' ')}"
        )
        if self.history.epochs:
            last = self.history.epochs[-1]
            words += f", {last.epoch} epoch{'s' * (last.epoch > 1)}"
            if last.validation_accuracy is not None:
                words += f"; it reads {last.validation_accuracy:.1%} of the digits it has never seen"
        return words + "."

    def _pictures(self) -> tuple[list[tuple[str, str, str]], list[Section]]:
        """Files, as names, what they hold, and text; and the sections of the page."""
        contents: list[tuple[str, str, str]] = []
        sections: list[Section] = []
        x, y = (part[0] for part in self.digits.test)

        def add(name: str, what: str, words: str, picture: Drawing[Any], table: str = "") -> None:
            light = picture.svg
            contents.append((name, what, light))
            sections.append(Section(_capital(what), words, light, picture.themed("dark").svg, table))

        if self.history.epochs or self.history.batch_costs:
            add(
                "curves.svg",
                "how it learned",
                "The cost of every mini-batch and of all examples, the accuracy, and how long the gradient of each layer was.",
                self.history.draw(),
            )
        add(
            "network.svg",
            "the network at work on one digit",
            "Neurons by activation, weights by sign and size. On the right the ten outputs and what each adds to the cost.",
            draw_network(self.net, x, y, cost=self.cost),
            self.outputs,
        )
        add(
            "network-nudges.svg",
            "what that digit wants to change",
            "The same network with minus the gradient of this digit's cost: the changes of the weights that lower it fastest.",
            draw_network(self.net, x, y, cost=self.cost, show="nudges"),
        )
        add(
            "weights.svg",
            "what the first layer looks for",
            "The weights of each neuron in the place of the pixels they belong to.",
            draw_weights(self.net),
        )
        speed = self._speed()
        add(
            "speed.svg",
            "how fast its neurons learn",
            "A dot a neuron. A slow one has a saturated output or inactive inputs, or little of the error reaches it.",
            speed.draw(),
            str(speed),
        )
        table = self._nudges()
        add(
            "nudges.svg",
            "what each training example wants",
            "Each column is one example's −∂C/∂w. Their average is the step that gradient descent takes.",
            table.draw(columns=min(10, len(table))),
        )
        one = self.cost(self.net(x), y)
        steps = ag.step_through(one, max_nodes=MOST_NODES).html
        contents.append(("steps.html", "the backward pass of one digit's cost, step by step", steps))
        sections.append(
            Section(
                "The backward pass, step by step",
                "One step for every rule that runs, for the digit above. Arrow keys move; a click on a weight lights its paths.",
                page=steps,
            )
        )
        explanation = ag.explain(one, self.net.parameters()[0])
        light, dark = (_paths(explanation, theme) for theme in THEMES)
        contents.append(("paths.svg", "how the first weights reach that cost", light))
        sections.append(
            Section(
                "How the first weights reach that cost", _prediction(explanation), light, dark, str(explanation), False
            )
        )
        one.backward(keep_grads=True)
        graph = ag.draw(one, max_nodes=MOST_NODES).svg
        contents.append(("cost.svg", "the graph of that cost", graph))
        dark = ag.draw(one, max_nodes=MOST_NODES, theme="dark").svg
        sections.append(
            Section("The graph of that cost", "Tensors with their values and gradients.", graph, dark, whole=False)
        )
        words = "The gradients of the recorded graph, held against the equations of backpropagation."
        sections.append(Section("The four equations", words, table=str(self.certificate)))
        if self.history.epochs:
            sections.append(Section("Every epoch", "", table=str(self.history)))
        for p in self.net.parameters():
            p.zero_grad()
        return contents, sections

    def _nudges(self) -> Nudges:
        """Of one training example of each digit, and others up to a hundred."""
        labels = self.digits.y_train
        first = [int(np.flatnonzero(labels == digit)[0]) for digit in range(CLASSES) if np.any(labels == digit)]
        others = [i for i in range(min(EXAMPLES, len(labels))) if i not in first]
        chosen: NDArray[Any] = np.array([*first, *others][:EXAMPLES])
        x, y = self.digits.train
        return nudges(self.net, x[chosen], y[chosen], self.cost)

    def _speed(self) -> LearningSpeed:
        x, y = self.digits.train
        return learning_speed(self.net, x[:1000], y[:1000], self.cost)


def _paths(explanation: "Explanation", theme: ThemeName) -> str:
    """The graph without numbers, the listed paths lit."""
    picture = explanation.draw(None, values=False, grads=False, max_nodes=MOST_NODES, theme=theme)
    return picture.svg


def _prediction(explanation: "Explanation") -> str:
    """What a small step along the nudge should do to the cost, and what it does."""
    g, w = explanation.total.numpy(), explanation.leaf.numpy()
    length = float(np.linalg.norm(g))
    step = -STEP * np.linalg.norm(w) / length * g if length else np.zeros_like(w)
    return (
        "The local derivatives along a path multiply, and paths add up to the gradient. After a step against it, "
        f"{STEP:.2%} of the weights in length, {explanation.predict(step)}."
    )


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
