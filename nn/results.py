"""The files a run of `python -m nn` leaves behind."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import autograd_lite as ag
from autograd_lite.drawing.picture import ThemeName

from .certificate import Certificate
from .costs import Cost
from .datasets import CLASSES, Digits
from .files import replacing
from .history import History
from .nudges import nudges
from .pictures import Drawing, draw_network, draw_weights
from .report import Section, report
from .saving import save
from .sequential import MLP
from .speed import learning_speed

if TYPE_CHECKING:
    from autograd_lite.explanations import Explanation

EXAMPLES = 100
"""Training examples whose nudges are averaged, if these are not too long for"""
MEMORY = 128 * 2**20
"""bytes."""
MODEL, HISTORY, CURVES, PAGE = "model.npz", "history.csv", "curves.svg", "index.html"
MOST_NODES = 400
STEP = 1e-4
"""A small step, relative to the weights."""
THEMES: tuple[ThemeName, ...] = ("light", "dark")


class Piece(NamedTuple):
    """A file that shows something of the network, and its section of the page."""

    name: str
    what: str
    words: str
    make: Callable[[], Section]
    """The section, as far as it is not in the words; the file holds its picture, or its page."""
    title: str = ""
    """If the section is not headed by what the file shows."""


@dataclass(frozen=True)
class Results:
    """What there is to see of a trained network."""

    net: MLP
    digits: Digits
    cost: Cost
    history: History

    def write_network(self, folder: Path) -> list[tuple[str, str]]:
        """Write the network and its history, which cannot be made again, and return their names with what they hold.

        Pictures of an earlier network are removed: those of this one may not all come to be.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            save(self.net, folder / MODEL)
        except OSError as problem:
            raise self._rescued(problem) from problem
        self.history.to_csv(folder / HISTORY)
        for name in (CURVES, *(piece.name for piece in self._pieces("")), PAGE):
            (folder / name).unlink(missing_ok=True)
        return [(MODEL, "the network"), (HISTORY, "a row an epoch")]

    def _rescued(self, problem: OSError) -> OSError:
        """The problem with which the network could not be written, and where the network is instead, if anywhere."""
        try:
            path = Path(tempfile.mkdtemp(prefix="autograd_lite-")) / MODEL
            save(self.net, path)
        except OSError:
            return problem
        return OSError(f"{problem}; the network is in {path}")

    def write_pictures(self, folder: Path, certificate: Certificate, outputs: str) -> Iterator[tuple[str, str]]:
        """Write the pictures one by one, each of them whole or not at all, and a page of them; their names with what they hold.

        One that cannot be drawn is left out, and its reason given instead.

        outputs : the table of the outputs for the first held-out digit
        """
        sections = []
        for piece in self._pieces(outputs):
            try:
                made = piece.make()
            except (
                Exception
            ) as problem:  # what a network that diverged, or too little memory, leads to is not to be foreseen
                reason = " ".join((str(problem) or type(problem).__name__).split())
                yield piece.name, f"is left out, it cannot be drawn: {reason}"
                continue
            _write(folder / piece.name, made.page or made.light)
            sections.append(made._replace(title=piece.title or _capital(piece.what), words=made.words or piece.words))
            yield piece.name, piece.what
        words = "The gradients of the recorded graph, held against the equations of backpropagation."
        sections.append(Section("The four equations", words, table=str(certificate)))
        if self.history.epochs:
            sections.append(Section("Every epoch", "", table=str(self.history)))
        title = f"A network of {'-'.join(map(str, self.net.sizes))} neurons that reads digits"
        _write(folder / PAGE, report(title, self._words(), sections))
        yield PAGE, "one page that shows all of this, to look at or to send"

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

    def _pieces(self, outputs: str) -> Iterator[Piece]:
        x, y = (part[0] for part in self.digits.test)
        if self.history.epochs or self.history.batch_costs:
            yield Piece(
                CURVES,
                "how it learned",
                "The cost of every mini-batch and of all examples, the accuracy, and how long the gradient of each layer was.",
                lambda: _in_both_themes(self.history.draw()),
            )
        yield Piece(
            "network.svg",
            "the network at work on one digit",
            "Neurons by activation, weights by sign and size. On the right the ten outputs and what each adds to the cost.",
            lambda: _in_both_themes(draw_network(self.net, x, y, cost=self.cost), outputs),
        )
        yield Piece(
            "network-nudges.svg",
            "what that digit wants to change",
            "The same network with minus the gradient of this digit's cost: the changes of the weights that lower it fastest.",
            lambda: _in_both_themes(draw_network(self.net, x, y, cost=self.cost, show="nudges")),
        )
        yield Piece(
            "weights.svg",
            "what the first layer looks for",
            "The weights of each neuron in the place of the pixels they belong to.",
            lambda: _in_both_themes(draw_weights(self.net)),
        )
        yield Piece(
            "speed.svg",
            "how fast its neurons learn",
            "A dot a neuron. A slow one has a saturated output or inactive inputs, or little of the error reaches it.",
            self._speed,
        )
        yield Piece(
            "nudges.svg",
            "what each training example wants",
            "Each column is one example's −∂C/∂w. Their average is the step that gradient descent takes.",
            self._nudges,
        )
        yield Piece(
            "steps.html",
            "the backward pass of one digit's cost, step by step",
            "One step for every rule that runs, for the digit above. Arrow keys move; a click on a weight lights its paths.",
            lambda: Section("", "", page=ag.step_through(self._one(), max_nodes=MOST_NODES).html),
            "The backward pass, step by step",
        )
        yield Piece("paths.svg", "how the first weights reach that cost", "", self._paths)
        yield Piece("cost.svg", "the graph of that cost", "Tensors with their values and gradients.", self._graph)

    def _one(self) -> ag.Tensor:
        """The cost of the first held-out digit."""
        x, y = (part[0] for part in self.digits.test)
        return self.cost(self.net(x), y)

    def _speed(self) -> Section:
        x, y = self.digits.train
        most = max(1, min(1000, MEMORY // (64 * sum(self.net.sizes))))
        speed = learning_speed(self.net, x[:most], y[:most], self.cost)
        return _in_both_themes(speed.draw(), str(speed))

    def _nudges(self) -> Section:
        """Of one training example of each digit, and others up to a hundred; of a large network fewer."""
        labels = self.digits.y_train
        first = [int(np.flatnonzero(labels == digit)[0]) for digit in range(CLASSES) if np.any(labels == digit)]
        others = [i for i in range(min(EXAMPLES, len(labels))) if i not in first]
        most = max(1, min(EXAMPLES, MEMORY // sum(p.data.nbytes for p in self.net.parameters())))
        chosen: NDArray[Any] = np.array([*first, *others][:most])
        x, y = self.digits.train
        table = nudges(self.net, x[chosen], y[chosen], self.cost)
        return _in_both_themes(table.draw(columns=min(10, len(table))))

    def _paths(self) -> Section:
        explanation = ag.explain(self._one(), self.net.parameters()[0])
        light, dark = (
            explanation.draw(None, values=False, grads=False, max_nodes=MOST_NODES, theme=theme).svg for theme in THEMES
        )
        return Section("", _prediction(explanation), light, dark, str(explanation), False)

    def _graph(self) -> Section:
        one = self._one()
        one.backward(keep_grads=True)
        try:
            light, dark = (ag.draw(one, max_nodes=MOST_NODES, theme=theme).svg for theme in THEMES)
        finally:
            self.net.zero_grad()
        return Section("", "", light, dark, whole=False)


def _in_both_themes(picture: Drawing[Any], table: str = "") -> Section:
    return Section("", "", picture.svg, picture.themed("dark").svg, table)


def _write(path: Path, text: str) -> None:
    with replacing(path) as file:
        file.write(text.encode())


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
