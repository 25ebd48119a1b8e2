"""The book's headline run, 784-30-10 on MNIST: `python -m benchmarks.book --path mnist.npz`.

Nielsen, Neural Networks and Deep Learning, chapter 1: 50,000 images to learn from, 10,000 to test on, mini-batches of 10,
η = 3.0, 30 epochs, the quadratic cost. The book reports 95.42 % at best. Here the step is compiled and takes a mini-batch
at once, where the book's program takes one image at a time.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from time import perf_counter

import numpy as np

import nn
from autograd_lite import no_grad
from nn import initializers
from nn.compiled import compile_step

from .machine import described
from .report import Section

SIZES = (784, 30, 10)
TRAINING = 50_000
"""The first of MNIST's 60,000 training images; the book keeps the others for validation."""
WEIGHTS = {"normal": initializers.normal, "scaled": initializers.scaled_normal}
TEXTS = {"normal": "N(0, 1), as in chapter 1", "scaled": "N(0, 1) / √n_in, as from chapter 3 on"}


def learn(
    digits: nn.Digits,
    *,
    weights: str = "normal",
    dtype: str = "float32",
    seed: int = 0,
    epochs: int = 30,
    batch_size: int = 10,
    lr: float = 3.0,
    say: Callable[[str], object] = print,
) -> tuple[list[int], float]:
    """Train and test; how many test digits were right after each epoch, and the seconds of training and testing.

    weights : "normal" or "scaled";  seed : of the first weights and of the order of the images
    """
    x, y = digits.x_train[:TRAINING].astype(dtype), nn.one_hot(digits.y_train[:TRAINING], 10).astype(dtype)
    x_test, y_test = digits.x_test.astype(dtype), digits.y_test
    rng = np.random.default_rng(seed)
    net = nn.MLP(SIZES, weights=WEIGHTS[weights], seed=rng, dtype=dtype)
    step = compile_step(net, nn.quadratic_cost, nn.SGD(net.parameters(), lr))
    start = perf_counter()
    right = []
    for epoch in range(epochs):
        for x_batch, y_batch in nn.mini_batches(x, y, batch_size, rng):
            step(x_batch, y_batch)
        with no_grad():
            right.append(int(np.sum(net(x_test).numpy().argmax(axis=1) == y_test)))
        say(f"Epoch {epoch}: {right[-1]} / {len(y_test)}")
    return right, perf_counter() - start


def section(path: str, say: Callable[[str], object] = print) -> Section:
    """The run with both ways to draw the first weights, as a table."""
    digits = nn.load_mnist(path)
    result = Section(
        "The book's headline run",
        "784-30-10 on MNIST, 50,000 images, mini-batches of 10, η = 3.0, 30 epochs, quadratic cost, float32, biases N(0, 1), "
        "the compiled step; right answers among the 10,000 test digits, seconds of training with a test after every epoch. "
        "The book reports 95.42 %, its best epoch.",
        ["first weights", "seed", "last epoch", "best epoch", "seconds"],
        [],
    )
    for weights in WEIGHTS:
        for seed in range(2):
            right, seconds = learn(digits, weights=weights, seed=seed, say=say)
            result.rows.append([TEXTS[weights], str(seed), _percent(right[-1]), _percent(max(right)), f"{seconds:.1f}"])
            result.data.append({"weights": weights, "seed": seed, "right": right, "seconds": seconds})
    return result


def _percent(right: int) -> str:
    return f"{right / 100:.2f} %"


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line, train, and print each epoch as the book's program does."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.book", description="The book's headline run.")
    parser.add_argument("--path", required=True, help="MNIST: an .npz file, or a folder with the four IDX files")
    parser.add_argument(
        "--weights", choices=WEIGHTS, default="normal", help="the first weights: N(0, 1), or over √n_in"
    )
    parser.add_argument("--dtype", choices=("float32", "float64"), default="float32")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=30)
    options = parser.parse_args(arguments)
    if options.epochs < 1:
        parser.error(f"--epochs is {options.epochs}, needs at least 1")
    start = perf_counter()
    try:
        digits = nn.load_mnist(options.path)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    loading = perf_counter() - start
    for name, text in described(f"python -m benchmarks.book {' '.join(arguments or sys.argv[1:])}").items():
        print(f"{name}: {text}")
    print(
        f"784-30-10, {TRAINING:,} images, mini-batches of 10, η = 3.0, quadratic cost, {options.dtype}, seed {options.seed}, "
        f"weights {TEXTS[options.weights]}, biases N(0, 1)"
    )
    right, seconds = learn(
        digits, weights=options.weights, dtype=options.dtype, seed=options.seed, epochs=options.epochs
    )
    best = max(right)
    print(
        f"{_percent(right[-1])} of the test digits after the last epoch, {_percent(best)} after the best, {right.index(best)}; "
        f"{seconds:.1f} s for training and testing, {loading:.1f} s before that to load the file"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
