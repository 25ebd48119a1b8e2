"""`python -m nn`: train a network on handwritten digits, and show what came out."""

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout, suppress
from itertools import chain
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import numpy as np
from numpy.typing import NDArray

import autograd_lite as ag

from . import MLP, SGD, Digits, Epoch, fit, load_digits, load_mnist, verify_backprop
from .costs import Cost, cross_entropy_cost, quadratic_cost, squared_error
from .history import History
from .keyboard import Keyboard
from .parallel import Ranks, ranks
from .results import Results
from .speech import speaking
from .tables import Table, table

COSTS = {"quadratic": quadratic_cost, "squared-error": squared_error, "cross-entropy": cross_entropy_cost}
LEARNING_RATES = {"quadratic": 2.0, "squared-error": 1.0, "cross-entropy": 0.2}
EPOCHS = {"digits": 50, "mnist": 10}
PROGRAM = "python -m nn"
N = TypeVar("N", int, float)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with these arguments, by default those of the process, and return its exit code.

    Under MPI every mini-batch is split over the processes, and the first of them prints and writes.

    0 if all went well, also if a picture could not be drawn; 2, with one line on stderr, for bad options, data that cannot be
    read, a folder that cannot be written, and a training that diverges; 130 if interrupted outside of the training. From the
    end of the training on the network is in its file, whatever comes.
    """
    with speaking() as spoken:
        code = _answered(argv)
    if spoken.problem is not None and sys.stderr is not None:
        with suppress(OSError, ValueError):
            print(f"{PROGRAM}: not all of this could be printed: {spoken.problem}", file=sys.stderr)
    return code


def _answered(argv: Sequence[str] | None) -> int:
    among: Ranks | None = None
    try:
        among = ranks()
        if among is None or among.is_first:
            run(options(argv), among)
        else:
            with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
                run(options(argv), among)
    except SystemExit as end:  # argparse has said what is wrong, or given its help
        return int(end.code or 0)
    except KeyboardInterrupt:
        print(file=sys.stderr)  # the line on which ^C stands
        return _ended(among, "interrupted", 130)
    except (OSError, ValueError, FloatingPointError, MemoryError, RuntimeError) as problem:
        return _ended(among, f"error: {' '.join(str(problem).split()) or type(problem).__name__}", 2)
    return 0


def _ended(among: Ranks | None, why: str, code: int) -> int:
    """Say why, and end the other processes too: they would wait for this one for ever."""
    if among is None or among.size == 1:
        print(f"{PROGRAM}: {why}", file=sys.stderr)
    else:
        among.let_the_first_speak()
        print(f"{PROGRAM}: process {among.rank} of {among.size}: {why}", file=sys.stderr, flush=True)
        among.end(code)
    return code


def run(chosen: argparse.Namespace, among: Ranks | None = None) -> None:
    """Load, train, certify, show, write."""
    digits = load_digits(chosen.size) if chosen.data == "digits" else load_mnist(chosen.path)
    cost: Cost = COSTS[chosen.cost]
    net = MLP([digits.size**2, *chosen.layers, 10], seed=chosen.seed)
    if among is None or among.is_first:
        require_writable(chosen.output, sum(p.data.nbytes for p in net.parameters()))
    print(f"{chosen.data}: {len(digits.x_train):,} digits to learn from, {len(digits.x_test):,} held out")
    sizes, parameters = "-".join(map(str, net.sizes)), sum(p.size for p in net.parameters())
    print(f"network: {sizes} sigmoid neurons, {parameters:,} parameters")
    divided = f", each split over {among.size} processes" if among is not None and among.size > 1 else ""
    print(f"{chosen.cost} cost, learning rate {chosen.learning_rate:g}, mini-batches of {chosen.batch_size}{divided}\n")

    with Keyboard() as keyboard:
        history = _trained(net, digits, cost, chosen, among, keyboard)
        if among is not None and not among.is_first:
            return
        results = Results(net, digits, cost, history)
        written = results.write_network(chosen.output)
        keyboard.network_is_written()
    if history.interrupted:
        steps = f"after {len(history.batch_costs):,} mini-batches" if history.batch_costs else "as it was then"
        print(f"interrupted: this is the network {steps}")

    x, y = digits.test
    print(f"\nthe four equations on the trained network, with {len(x[: chosen.batch_size])} held-out digits:\n")
    certificate = verify_backprop(net, x[: chosen.batch_size], y[: chosen.batch_size], cost)
    print(certificate)
    print("\none held-out digit, its ten outputs, and what each adds to the cost:\n")
    print(ink(digits))
    shown = outputs_of(net, x[0], y[0], cost)
    print(shown)

    print("\nwritten:")
    for name, what in chain(written, results.write_pictures(chosen.output, certificate, str(shown))):
        print(f"  {chosen.output / name}  {what}", flush=True)


def _trained(
    net: MLP, digits: Digits, cost: Cost, chosen: argparse.Namespace, among: Ranks | None, keyboard: Keyboard
) -> History:
    """Train the network. Raises KeyboardInterrupt if that comes before the first step."""
    before = [p.numpy() for p in net.parameters()]
    history: History | None = None
    if among is None or among.size == 1:
        keyboard.waits_from_the_second_on()
    try:
        history = fit(
            net,
            digits.train,
            cost=cost,
            optimizer=SGD(net.parameters(), chosen.learning_rate),
            epochs=chosen.epochs,
            batch_size=chosen.batch_size,
            seed=chosen.seed,
            validation=digits.test,
            report=show_epoch,
            checkpoint=chosen.checkpoint,
            resume=chosen.checkpoint is not None,
            among=among,
        )
        keyboard.waits()
    except KeyboardInterrupt:
        if among is not None and among.size > 1:
            raise
        if history is None:  # it came while `fit` was beginning or ending
            if all(np.array_equal(p.data, old) for p, old in zip(net.parameters(), before, strict=True)):
                raise
            history = History(interrupted=True)
    return history


# --- What is shown ----------------------------------------------------------------------------------------------------


def show_epoch(epoch: Epoch) -> None:
    """A line that leaves a progress bar in one piece."""
    from tqdm.auto import tqdm

    tqdm.write(str(epoch))


def ink(digits: Digits) -> str:
    """The first held-out digit in blocks, two characters a pixel."""
    shades = " ░▒▓█"
    try:
        shades.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        shades = " .:+#"
    image = digits.x_test[0].reshape(digits.size, digits.size)
    levels = np.rint(image * (len(shades) - 1)).astype(int)
    rows = ["".join(2 * shades[level] for level in row).rstrip() for row in levels]
    return "\n".join(f"    {row}".rstrip() for row in rows).strip("\n") + "\n"


def outputs_of(net: MLP, x: NDArray[Any], y: NDArray[Any], cost: Cost) -> Table:
    """Activation and target of every output for one example, and the cost as the sum of what they add."""
    with ag.no_grad():
        a = net(x)
    terms = cost.terms(a, y).tolist()
    values = zip(a.tolist(), y, terms, _notes(a.numpy(), y), strict=True)
    rows = [(str(i), f"{a_i:.4f}", f"{y_i:g}", f"{term:.3e}", note) for i, (a_i, y_i, term, note) in enumerate(values)]
    rows.append(("", "", "C =", f"{sum(terms):.3e}", ""))
    return table(("digit", "activation a", "target y", cost.formula, ""), rows)


def _notes(a: NDArray[Any], y: NDArray[Any]) -> list[str]:
    best, right = int(a.argmax()), int(y.argmax())
    return [" and ".join(["answer"] * (digit == best) + ["truth"] * (digit == right)) for digit in range(len(a))]


# --- What may be asked for --------------------------------------------------------------------------------------------


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        """Leave with exit code 2."""
        self.exit(2, f"{self.prog}: error: {message} (--help lists the options)\n")


def options(argv: Sequence[str] | None) -> argparse.Namespace:
    """The options. Raises SystemExit, as argparse does, for bad ones and after --help."""
    parser = Parser(
        prog=PROGRAM,
        description="Train a network of sigmoid neurons on handwritten digits, hold its gradients against the four "
        "equations of backpropagation, and write the network, its history, pictures, and a page that shows them.",
    )
    add = parser.add_argument
    add("--data", choices=tuple(EPOCHS), default="digits", help="data set (%(default)s)")
    add("--path", help="of MNIST: an .npz, or a folder of IDX files ($AUTOGRAD_LITE_DATA; else downloaded)")
    add("--size", type=int, choices=(8, 28), default=28, help="width and height of the built-in digits (%(default)s)")
    add("--layers", type=at_least_1, nargs="*", default=[16, 16], metavar="N", help="neurons a hidden layer (16 16)")
    add("--epochs", type=at_least_0, metavar="N", help=f"how often every digit is seen ({_by_choice(EPOCHS)})")
    add("--batch-size", type=at_least_1, default=10, metavar="N", help="digits in a mini-batch (%(default)s)")
    add("--learning-rate", type=positive, metavar="RATE", help=f"length of a step ({_by_choice(LEARNING_RATES)})")
    add("--cost", choices=tuple(COSTS), default="quadratic", help="what is made small (%(default)s)")
    add("--seed", type=at_least_0, default=0, metavar="N", help="of first weights and order of digits (%(default)s)")
    add("--checkpoint", type=Path, metavar="FILE", help="written after every epoch, and gone on from if it is there")
    add("--output", type=Path, default=Path("runs"), metavar="FOLDER", help="where the files go (%(default)s)")
    chosen = parser.parse_args(argv)
    if chosen.path is not None and chosen.data != "mnist":
        parser.error("--path goes with --data mnist; the digits are in the package")
    if chosen.data == "mnist" and chosen.size != 28:
        parser.error("--size 8 goes with --data digits; the images of MNIST are 28 x 28")
    if chosen.epochs is None:
        chosen.epochs = EPOCHS[chosen.data]
    if chosen.learning_rate is None:
        chosen.learning_rate = LEARNING_RATES[chosen.cost]
    return chosen


def _by_choice(defaults: Mapping[str, float]) -> str:
    return ", ".join(f"{value:g} for {name}" for name, value in defaults.items())


def _number(kind: Callable[[str], N], fits: Callable[[N], bool], phrase: str) -> Callable[[str], N]:
    def number(text: str) -> N:
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not fits(value):
            raise argparse.ArgumentTypeError(f"{text!r} is not {phrase}")
        return value

    return number


at_least_0 = _number(int, lambda n: n >= 0, "an integer of at least 0")
at_least_1 = _number(int, lambda n: n >= 1, "an integer of at least 1")
positive = _number(float, lambda rate: 0 < rate < np.inf, "a finite number above 0")


def require_writable(folder: Path, size: int = 0) -> None:
    """Raise OSError, before anything is computed, if no file of this size can be written to this folder. Leaves no trace.

    The folder is not made yet: several runs may be about to make it.
    """
    nearest = next((path for path in (folder, *folder.parents) if path.exists()), folder)
    try:
        with tempfile.TemporaryFile(dir=nearest) as probe:
            for start in range(0, size, 2**20):
                probe.write(bytes(min(2**20, size - start)))
    except OSError as problem:
        reason = problem.strerror or problem
        raise OSError(
            f"{folder}: no files can be written there ({reason}); choose another folder with --output"
        ) from None


if __name__ == "__main__":
    code = main()
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # all is done: an impatient Ctrl-C has nothing to end but Python's own end
    sys.exit(code)
