"""np.einsum in all the forms in which it may be written: values are NumPy's, and gradients follow from linearity."""

from typing import Any, NamedTuple

import numpy as np
import pytest
from versions import ORDERS_LABELS_ALIKE

import autograd_lite as ag

LENGTHS = (2, 3, 4, 2, 3, 1)
LETTERS = "aZbYcXdWeV"
OPTIMIZE: list[Any] = [False, True, "greedy", "optimal", "path"]


class Form(NamedTuple):
    """One way to write a sum of products."""

    call: Any
    """From the operands, the arguments of np.einsum."""
    shapes: list[tuple[int, ...]]
    keywords: dict[str, Any]
    text: str


def random_form(seed: int) -> Form:
    """Some operands with some of the labels, of which some are repeated, as text or as lists, with a stated result or without."""
    rng = np.random.default_rng(seed)
    as_lists = bool(rng.integers(2))
    count = int(rng.integers(1, 5))
    labels = [rng.choice(len(LENGTHS), rng.integers(1, 4), replace=rng.random() < 0.2).tolist() for _ in range(count)]
    names: list[Any] = rng.choice(list(range(52)) if as_lists else list(LETTERS), len(LENGTHS), replace=False).tolist()
    hidden = [int(rng.integers(0, 3)) if rng.random() < 0.3 else None for _ in range(count)]
    shapes = [(3, 2)[2 - (n or 0) :] + tuple(LENGTHS[i] for i in of) for n, of in zip(hidden, labels, strict=True)]
    written: list[list[Any]] = [
        [*([Ellipsis] if n is not None else []), *(names[i] for i in of)] for n, of in zip(hidden, labels, strict=True)
    ]
    out: list[Any] | None = None
    if rng.integers(2):
        there = sorted({i for of in labels for i in of})
        out = [names[i] for i in rng.permutation(there)[: rng.integers(0, len(there) + 1)]]
        if any(n is not None for n in hidden):
            out.insert(int(rng.integers(0, len(out) + 1)), Ellipsis)
    optimize = OPTIMIZE[rng.integers(len(OPTIMIZE))]
    if as_lists:
        call = lambda xs: (
            [part for pair in zip(xs, written, strict=True) for part in pair] + ([] if out is None else [out])
        )
        text = f"{written} -> {out}"
    else:
        space = " " * int(rng.integers(2))
        show = lambda of: space.join("..." if i is Ellipsis else i for i in of)
        text = f",{space}".join(map(show, written)) + ("" if out is None else f"{space}->{space}{show(out)}")
        call = lambda xs: [text, *xs]
    if optimize == "path":
        optimize = np.einsum_path(*call([np.ones(s) for s in shapes]), optimize="optimal")[0]
    return Form(call, shapes, {"optimize": optimize} if optimize is not False else {}, f"{text}, {optimize}")


FORMS = [pytest.param(form, id=f"{i}: {form.text}") for i in range(150) for form in [random_form(i)]]
WRITTEN: dict[str, Any] = {
    "labels on both sides of 26": lambda x, y: [x, [25, 26], y, [26, 27]],
    "labels on both sides of 26, turned": lambda x, y: [x, [30, 2], y, [2, 1]],
    "labels of NumPy": lambda x, y: [x, list(np.array([0, 51])), y, list(np.array([51, 3]))],
    "upper and lower case": lambda x, y: ["aB,BC", x, y],
    "upper case behind": lambda x, y: ["zk,kA", x, y],
}


def operands(form: Form) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.normal(size=shape) for shape in form.shapes]


def compare(call: Any, arrays: list[np.ndarray], keywords: dict[str, Any]) -> None:
    expected = np.einsum(*call(arrays), **{k: v for k, v in keywords.items() if k != "optimize" or ORDERS_LABELS_ALIKE})
    tensors = [ag.Tensor(a, requires_grad=True) for a in arrays]
    out = np.einsum(*call(tensors), **keywords)
    assert (out.shape, out.dtype) == (expected.shape, expected.dtype)
    np.testing.assert_allclose(out.data, expected, rtol=1e-13, atol=1e-13)
    weights = np.random.default_rng(1).normal(size=expected.shape)
    for create_graph in (False, True):
        found = ag.gradients(out, tensors, gradient=weights, create_graph=create_graph, retain_graph=True)
        for k, g in enumerate(found):
            direction = np.random.default_rng(2).normal(size=arrays[k].shape)
            along = np.einsum(*call([direction if i == k else a for i, a in enumerate(arrays)]))  # it is linear in each
            np.testing.assert_allclose(np.sum(g.data * direction), np.sum(weights * along), rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_numpys_and_linear_in_each_operand(form):
    compare(form.call, operands(form), form.keywords)


@pytest.mark.parametrize("call", WRITTEN.values(), ids=WRITTEN)
@pytest.mark.parametrize("optimize", [False, True])
def test_the_axes_of_a_result_that_is_not_stated_are_in_numpys_order(call, optimize):
    rng = np.random.default_rng(0)
    compare(lambda xs: call(*xs), [rng.normal(size=(2, 3)), rng.normal(size=(3, 4))], {"optimize": optimize})


@pytest.mark.parametrize("options", [{"dtype": np.float64}, {"order": "F"}, {"casting": "same_kind"}], ids=str)
def test_further_options_are_numpys(options):
    x = np.random.default_rng(0).normal(size=(2, 3)).astype(np.float32)
    t = ag.Tensor(x, requires_grad=True)
    out = np.einsum("ij,kj->ik", t, x, **options)
    expected = np.einsum("ij,kj->ik", x, x, **options)
    np.testing.assert_array_equal(out.data, expected)
    assert out.dtype == expected.dtype
    out.backward(np.ones((2, 2)))
    assert t.grad.dtype == np.float32
    np.testing.assert_allclose(t.grad.data, np.broadcast_to(x.sum(axis=0), x.shape), rtol=1e-6)


def test_a_result_is_not_written_into_an_array():
    with pytest.raises(TypeError, match="out="):
        np.einsum("i,i", ag.Tensor([1.0, 2.0], requires_grad=True), [1.0, 2.0], out=np.zeros(()))


def test_more_indices_than_letters_are_refused():
    with pytest.raises(ValueError, match="52"):
        np.einsum(ag.Tensor(np.ones((1,) * 53)), list(range(53)))


@pytest.mark.parametrize("optimize", [True, "greedy", ["einsum_path", (1, 2), (0, 1)]], ids=str)
def test_the_gradient_is_taken_pair_by_pair(monkeypatch, optimize):
    paths = []
    plain = np.einsum

    def noted(*args, **keywords):
        paths.append(keywords.get("optimize", False))
        return plain(*args, **keywords)

    a = np.ones((4, 4))
    t = ag.Tensor(a, requires_grad=True)
    out = np.einsum("ij,jk,kl->il", t, a, a, optimize=optimize)
    monkeypatch.setattr(np, "einsum", noted)
    np.sum(out).backward()
    assert [path[0] for path in paths] == ["einsum_path"]


def test_a_large_sum_of_three_operands_is_taken_pair_by_pair_unasked():
    source = ag.compile(ag.grad(lambda a: np.sum(np.einsum("ij,jk,kl->il", a, a, a))))
    source(np.ones((20, 20)))
    assert source.source.count("einsum_path") == 3


def test_the_compiled_gradient_follows_the_path_too():
    m = np.random.default_rng(0).normal(size=(3, 5, 5))
    gradient = ag.grad(lambda a, b, c: np.sum(np.einsum("ij,jk,kl->il", a, b, c, optimize=True)), (0, 1, 2))
    compiled = ag.compile(gradient)
    for got, expected in zip(compiled(*m), gradient(*m), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-13)
    assert compiled.source.count("einsum_path") == 3
