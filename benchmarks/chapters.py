"""What the book reports, by command: `python -m benchmarks.chapters --path mnist.npz [--only 1 3 5 6 batch]`.

Nielsen, Neural Networks and Deep Learning: 50,000 MNIST images to learn from, 10,000 to test on. The network of chapter 1 with 30
hidden neurons is in benchmarks.book.
"""

import argparse
from collections.abc import Callable, Iterable, Iterator, Sequence
from time import perf_counter
from typing import Any

import numpy as np

import nn
from autograd_lite import no_grad
from nn import backprop, initializers
from nn.modes import evaluating
from nn.speed import gradient_norms

from .book import TRAINING
from .machine import described
from .timing import Pace, interleaved

Say = Callable[[str], object]


def right(net: nn.Module, x: Any, labels: Any, chunk: int = 1000) -> int:
    """How many examples have their largest output where their label is."""
    with evaluating(net), no_grad():
        found = [net(x[i : i + chunk]).numpy().argmax(axis=1) for i in range(0, len(x), chunk)]
    return int(np.sum(np.concatenate(found) == labels))


def learned(
    net: nn.Module, cost: Any, optimizer: nn.Optimizer, digits: nn.Digits, targets: Any, shape: tuple[int, ...],
    *, epochs: int, batch_size: int, seed: int, say: Say, before_epoch: Callable[[int], None] = lambda _: None,
) -> Iterator[float]:  # fmt: skip
    """Train, and tell after every epoch which part of the test digits was right."""
    dtype = net.parameters()[0].dtype
    x = digits.x_train[:TRAINING].astype(dtype).reshape(-1, *shape)
    x_test = digits.x_test.astype(dtype).reshape(-1, *shape)
    step = nn.compile_step(net, cost, optimizer)
    rng = np.random.default_rng(seed)
    start = perf_counter()
    for epoch in range(1, epochs + 1):
        before_epoch(epoch)
        for x_batch, y_batch in nn.mini_batches(x, targets, batch_size, rng):
            step(x_batch, y_batch)
        part = right(net, x_test, digits.y_test) / len(x_test)
        say(f"epoch {epoch}: {part:.2%} of the test digits, {perf_counter() - start:.0f} s")
        yield part


def summary(title: str, parts: Iterable[float], say: Say) -> None:
    """Run, and say what came out."""
    start = perf_counter()
    say(f"\n{title}")
    found = list(parts)
    say(f"{found[-1]:.2%} after the last epoch, {max(found):.2%} after the best; {perf_counter() - start:.0f} s in all")


def chapter_1(digits: nn.Digits, seed: int, say: Say) -> None:
    """100 hidden neurons, quadratic cost, η = 3."""
    net = nn.MLP([784, 100, 10], weights=initializers.normal, seed=seed, dtype=np.float32)
    targets = nn.one_hot(digits.y_train[:TRAINING], 10).astype(np.float32)
    optimizer = nn.SGD(net.parameters(), 3.0)
    summary(
        f"Chapter 1: 784-100-10, quadratic cost, η = 3, mini-batches of 10, 30 epochs, weights N(0, 1), float32, seed {seed}",
        learned(
            net, nn.quadratic_cost, optimizer, digits, targets, (784,), epochs=30, batch_size=10, seed=seed, say=say
        ),
        say,
    )


def chapter_3(digits: nn.Digits, seed: int, say: Say) -> None:
    """100 hidden neurons, cross-entropy, L2 regularisation λ = 5, which is a weight decay of λ/n. The book: 97.92 %."""
    net = nn.MLP([784, 100, 10], seed=seed, dtype=np.float32)
    targets = nn.one_hot(digits.y_train[:TRAINING], 10).astype(np.float32)
    weights, biases = net.parameters()[::2], net.parameters()[1::2]
    optimizer = nn.SGD([{"params": weights, "weight_decay": 5.0 / TRAINING}, {"params": biases}], 0.1)
    summary(
        "Chapter 3: 784-100-10, cross-entropy, η = 0.1, λ = 5, mini-batches of 10, 60 epochs, weights N(0, 1)/√n_in, float32, "
        f"seed {seed}",
        learned(
            net, nn.cross_entropy_cost, optimizer, digits, targets, (784,), epochs=60, batch_size=10, seed=seed, say=say
        ),
        say,
    )


def chapter_5(digits: nn.Digits, seed: int, say: Say) -> None:
    """The norm of the gradient by layer, before anything is learned: it vanishes towards the input."""
    net = nn.MLP([784, 30, 30, 30, 30, 10], seed=seed)
    x, y = digits.x_train[:1000], nn.one_hot(digits.y_train[:1000], 10)
    norms = gradient_norms(net, x, y)
    say(
        f"\nChapter 5: 784-30-30-30-30-10, quadratic cost, 1,000 images, untrained, float64, seed {seed}; the gradient's norm"
    )
    for layer, norm in norms.items():
        say(f"{layer}: {norm:.3e}")


def chapter_6(digits: nn.Digits, seed: int, say: Say) -> None:
    """Two convolutional layers with pooling, one full layer, a softmax; Adam, whose rate is lowered at the end."""
    rng = np.random.default_rng(seed)
    common = {"seed": rng, "dtype": np.float32}
    net = nn.Sequential(
        nn.Conv2d(1, 16, 5, **common), nn.ReLU(), nn.MaxPool(2),
        nn.Conv2d(16, 32, 5, **common), nn.ReLU(), nn.MaxPool(2),
        nn.Flatten(), nn.Linear(512, 100, **common), nn.ReLU(), nn.Linear(100, 10, **common),
    )  # fmt: skip
    optimizer = nn.Adam(net.parameters(), 1e-3)

    def slower(epoch: int) -> None:
        optimizer.lr = 1e-3 if epoch <= 3 else 2e-4

    summary(
        "Chapter 6: 16 and 32 filters of 5 x 5, each with ReLU and maximum of 2 x 2, 100 ReLU neurons, softmax cross-entropy, "
        f"Adam 0.001 for 3 epochs and 0.0002 for 1, mini-batches of 50, float32, seed {seed}",
        learned(
            net, nn.softmax_cross_entropy, optimizer, digits, digits.y_train[:TRAINING], (1, 28, 28), epochs=4, batch_size=50,
            seed=seed, say=say, before_epoch=slower,
        ),
        say,
    )  # fmt: skip


def by_matrices(digits: nn.Digits, seed: int, say: Say) -> None:
    """A mini-batch at once by matrices, and one example at a time: the same gradient, and what it costs."""
    net = nn.MLP([784, 30, 10], seed=seed)
    W, b = [p.numpy() for p in net.parameters()[::2]], [p.numpy() for p in net.parameters()[1::2]]
    x, y = digits.x_train[:10], nn.one_hot(digits.y_train[:10], 10)

    def at_once() -> list[Any]:
        found = backprop.backprop(W, b, x, y)
        return [*found.dC_dW, *found.dC_db]

    def one_by_one() -> list[Any]:
        singles = [backprop.backprop(W, b, x[i], y[i]) for i in range(len(x))]
        return [sum(parts) / len(x) for parts in zip(*([*s.dC_dW, *s.dC_db] for s in singles), strict=True)]

    furthest = max(float(np.abs(p - q).max() / np.abs(q).max()) for p, q in zip(at_once(), one_by_one(), strict=True))
    times = interleaved({"at once": at_once, "one by one": one_by_one}, Pace())
    say(
        f"\nThe four equations for a mini-batch of 10 of 784-30-10, float64, seed {seed}: by matrices and example by example "
        f"they give the same gradient, {furthest:.1e} apart at most in relation to its largest element; one by one it takes "
        f"{times['one by one'].ratio:.1f} times as long"
    )


CHAPTERS = {"1": chapter_1, "3": chapter_3, "5": chapter_5, "6": chapter_6, "batch": by_matrices}


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line, and run what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chapters", description="What the book reports.")
    parser.add_argument("--path", required=True, help="MNIST: an .npz file, or a folder with the four IDX files")
    parser.add_argument("--only", choices=CHAPTERS, nargs="+", default=list(CHAPTERS), help="the chapters to run")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    try:
        digits = nn.load_mnist(options.path)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    for name, text in described(f"python -m benchmarks.chapters --only {' '.join(options.only)}").items():
        print(f"{name}: {text}")
    kept, tested = len(digits.x_train), len(digits.x_test)
    print(f"data: MNIST, of its {kept:,} images to learn from the first {TRAINING:,}, and all {tested:,} to test on")
    for chapter in options.only:
        CHAPTERS[chapter](digits, options.seed, lambda text: print(text, flush=True))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
