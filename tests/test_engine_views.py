"""What is written into a view reaches the Tensor that it is a view of, as in NumPy, with exact gradients."""

import gc
import weakref
from typing import Any

import numpy as np
import pytest
from tensors import leaf, same

import autograd_lite as ag

X = np.arange(1.0, 25.0).reshape(4, 3, 2) / 4.0
FACTORS = np.random.default_rng(0).normal(size=X.shape)
VIEWS: dict[str, Any] = {
    "t[1]": lambda t: t[1],
    "t[1:3]": lambda t: t[1:3],
    "t[::-2, 1]": lambda t: t[::-2, 1],
    "t[..., 0]": lambda t: t[..., 0],
    "t[None, 2]": lambda t: t[None, 2],
    "t[1, 2, ..., 0]": lambda t: t[1, 2, ..., 0],
    "t[...]": lambda t: t[...],
    "t[1][2]": lambda t: t[1][2],
    "t.T": lambda t: t.T,
    "t.mT": lambda t: t.mT,
    "t.T[1]": lambda t: t.T[1],
    "t[2].T": lambda t: t[2].T,
    "t.reshape(6, 4)": lambda t: t.reshape(6, 4),
    "t.reshape(-1)[5:]": lambda t: t.reshape(-1)[5:],
    "t.reshape(4, 6)[1].reshape(2, 3)": lambda t: t.reshape(4, 6)[1].reshape(2, 3),
    "t.T.reshape of a copy": lambda t: t.T.reshape(-1),
    "t.ravel()": lambda t: t.ravel(),
    "t.ravel('K')": lambda t: t.T.ravel("K"),
    "t.transpose(1, 0, 2)": lambda t: t.transpose(1, 0, 2),
    "t.swapaxes(0, 1)": lambda t: t.swapaxes(0, 1),
    "moveaxis": lambda t: np.moveaxis(t, 0, -1),
    "rollaxis": lambda t: np.rollaxis(t, 2),
    "t[:1].squeeze(0)": lambda t: t[:1].squeeze(0),
    "expand_dims": lambda t: np.expand_dims(t, 1),
    "flip": lambda t: np.flip(t, 1),
    "flipud": np.flipud,
    "rot90": np.rot90,
    "t.real": lambda t: t.real,
    "astype(copy=False)": lambda t: np.astype(t, np.dtype(float), copy=False),
    "split": lambda t: np.split(t, 2)[1],
    "array_split": lambda t: np.array_split(t, 3, axis=1)[0],
    "hsplit": lambda t: np.hsplit(t, 3)[2],
    "iteration": lambda t: list(t)[3],
    "atleast_3d": lambda t: np.atleast_3d(t[0]),
    "atleast_2d": lambda t: np.atleast_2d(t[0, 1]),
    "unstack": lambda t: np.moveaxis(t, 1, 0)[2],
    "a copy": lambda t: t.copy(),
    "t[[1, 2]]": lambda t: t[[1, 2]],
    "t[t > 5]": lambda t: t[X > 5],
    "arithmetic": lambda t: t + 1.0,
    "flatten": lambda t: t.flatten(),
}
WRITES: dict[str, Any] = {
    "v[0:1] = 9": lambda v: v.__setitem__(Ellipsis, 9.0),
    "v[v > 4] = -1": lambda v: v.__setitem__(np.asarray(v.data > 4), -1.0),
    "v += 2": lambda v: v.__iadd__(2.0),
    "v *= v": lambda v: v.__imul__(v),
    "copyto": lambda v: np.copyto(v, 7.0),
    "put": lambda v: np.put(v, [0], 5.0),
    "putmask": lambda v: np.putmask(v, np.asarray(v.data > 4), [3.0, 2.0]),
    "twice": lambda v: (v.__iadd__(2.0), v.__imul__(3.0)),
}
PLAIN_WRITES: dict[str, Any] = {
    **WRITES,
    "v[v > 4] = -1": lambda v: v.__setitem__(v > 4, -1.0),
    "putmask": lambda v: np.putmask(v, v > 4, [3.0, 2.0]),
}
CALLS = [pytest.param(view, write, id=f"{view} {write}") for view in VIEWS for write in WRITES]


def by_numpy(view: Any, write: str, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The array and the view after the write."""
    h = x * 1.0
    v = view(h)
    PLAIN_WRITES[write](v)
    return h, v


@pytest.mark.parametrize("view, write", CALLS)
def test_a_write_into_a_view_is_numpys(view, write):
    base, seen = by_numpy(VIEWS[view], write, X)
    for recorded in (False, True):
        h = ag.Tensor(X, requires_grad=recorded) * 1.0
        v = VIEWS[view](h)
        WRITES[write](v)
        same(h, base)
        same(v, seen)


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("view, write", CALLS)
def test_the_gradient_goes_through_the_write(view, write, create_graph):
    """Of what is read before and after it, from the base and from the view."""
    x = ag.Tensor(X, requires_grad=True)
    h = x * 1.0
    v = VIEWS[view](h)
    before = np.sum(np.square(h) * FACTORS) + np.sum(np.square(v))
    WRITES[write](v)
    cost = before + np.sum(h * FACTORS) + 3.0 * np.sum(v)
    (found,) = ag.gradients(cost, [x], create_graph=create_graph)

    def plain(x: np.ndarray) -> np.ndarray:
        base, seen = by_numpy(VIEWS[view], write, x)
        first = VIEWS[view](x * 1.0)
        return np.sum(x * x * FACTORS) + np.sum(first * first) + np.sum(base * FACTORS) + 3.0 * np.sum(seen)

    step = 1e-6
    for i in [(0, 0, 0), (1, 2, 0), (1, 0, 1), (3, 1, 1), (2, 2, 0)]:
        e = np.zeros(X.shape)
        e[i] = step
        np.testing.assert_allclose(found.data[i], (plain(X + e) - plain(X - e)) / (2 * step), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    "view, write", [c for c in CALLS if c.values[1] in ("v += 2", "copyto", "twice") and "K" not in c.id]
)
def test_the_compiled_gradient_is_the_eager_one(view, write):
    def cost(x):
        h = x * 1.0
        v = VIEWS[view](h)
        WRITES[write](v)
        return np.sum(h * FACTORS) + 3.0 * np.sum(v * v)

    gradient = ag.grad(cost)
    compiled = ag.compile(gradient)
    for x in (X, X + 0.5):
        np.testing.assert_allclose(compiled(x), gradient(x), rtol=1e-14)


@pytest.mark.parametrize("recorded", [False, True])
def test_a_loop_over_rows_writes_them(recorded):
    x = ag.Tensor([[1.0, 2.0], [3.0, 5.0]], requires_grad=recorded)
    h = x * 1.0
    for row in h:
        row /= row.sum()
    same(h, x.data / x.data.sum(axis=1, keepdims=True))
    if recorded:
        np.sum(h * np.array([1.0, 0.0])).backward()
        total = x.data.sum(axis=1)
        np.testing.assert_allclose(x.grad.data, np.stack([x.data[:, 1], -x.data[:, 0]], 1) / total[:, None] ** 2)


@pytest.mark.parametrize("index", [0, (0, 1), slice(0, 1), (..., 1), [0, 1], ([0], [1])], ids=str)
def test_an_item_changed_in_place_is_written_once(index):
    x = ag.Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    h = x * 1.0
    h[index] *= 10.0
    expected = x.data.copy()
    expected[index] *= 10.0
    same(h, expected)
    np.sum(h).backward()
    same(x.grad, np.where(expected == x.data, 1.0, 10.0))


def test_a_view_is_taken_anew_before_it_is_written():
    h = ag.Tensor([1.0, 2.0, 3.0])
    a, b = h[:2], h[1:]
    a += 10.0
    b += 100.0
    same(h, [11.0, 112.0, 103.0])


def test_a_leaf_is_written_through_its_view_under_no_grad_only():
    w = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match=r"leaf that requires a gradient.*view.*no_grad"):
        w[:1] += 1.0
    same(w, [1.0, 2.0])
    with ag.no_grad():
        w[:1] += 1.0
        row = w[1:]
        row *= 10.0
    same(w, [2.0, 20.0])
    assert w.is_leaf and w.requires_grad


READ_ONLY = {
    "broadcast_to": lambda t: np.broadcast_to(t, (3, 2, 2)),
    "broadcast_arrays": lambda t: np.broadcast_arrays(t, np.zeros((3, 2, 2)))[0],
    "diagonal": lambda t: t.diagonal(),
    "diag": np.diag,
    "sliding_window_view": lambda t: np.lib.stride_tricks.sliding_window_view(t, 2, axis=0),
}


@pytest.mark.parametrize("view", READ_ONLY.values(), ids=READ_ONLY)
@pytest.mark.parametrize("recorded", [False, True])
def test_a_view_that_is_read_only_in_numpy_is_not_written(view, recorded):
    h = ag.Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=recorded) * 1.0
    for write in (lambda v: v.__setitem__(0, 9.0), lambda v: v.__iadd__(1.0)):
        with pytest.raises(ValueError, match=r"read-only.*copy\(\)"):
            write(view(h))
    same(h, [[1.0, 2.0], [3.0, 4.0]])


def test_a_part_that_no_index_tells_is_written_too():
    x = leaf(0.0, 1.0, 2.0)
    h = x * 1.0
    part = np.trim_zeros(h)
    part *= 3.0
    same(h, [0.0, 3.0, 6.0])
    np.sum(h).backward()
    same(x.grad, [1.0, 3.0, 3.0])


def test_the_flat_items_are_those_of_the_tensor():
    x = ag.Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    h = x * 1.0
    h.flat[2] = 9.0
    h.flat[[0, 1]] *= 5.0
    same(h, [[5.0, 10.0], [9.0, 4.0]])
    assert (len(h.flat), [v.item() for v in h.flat]) == (4, [5.0, 10.0, 9.0, 4.0])
    np.sum(h).backward()
    same(x.grad, [[5.0, 5.0], [0.0, 1.0]])


def test_a_view_of_something_that_nobody_holds_may_be_written():
    x = leaf(1.0, 2.0, 3.0, 4.0)
    h = np.exp(x).reshape(2, 2)
    h += 1.0
    h *= 2.0
    np.sum(h).backward()
    np.testing.assert_allclose(x.grad.data, 2.0 * np.exp(x.data))


def test_a_write_through_a_view_leaves_no_reference_cycle():
    gc.disable()
    try:
        h = leaf(1.0, 2.0) * 1.0
        row = h[:1]
        row += 1.0
        h[1:] *= 2.0
        seen = [weakref.ref(h), weakref.ref(row)]
        del h, row
        assert [r() for r in seen] == [None, None]
    finally:
        gc.enable()


@pytest.mark.parametrize(
    "copied", [lambda t: t[[0, 1]], lambda t: t[t > 0], lambda t: t.flatten(), lambda t: t.T.reshape(-1)]
)
@pytest.mark.parametrize("recorded", [False, True])
def test_a_copy_whose_source_is_written_keeps_its_value(copied, recorded):
    h = ag.Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=recorded) * 1.0
    copy = copied(h)
    expected = copy.data + 1.0
    h[0] = 9.0
    copy += 1.0
    same(copy, expected)
    same(h, [[9.0, 9.0], [3.0, 4.0]])


@pytest.mark.parametrize("recorded", [False, True])
def test_a_view_whose_base_is_written_first_is_taken_anew(recorded):
    h = ag.Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=recorded) * 1.0
    turned = h.T[0]
    h[0] = 9.0
    turned += 1.0
    same(turned, [10.0, 4.0])
    same(h, [[10.0, 9.0], [4.0, 4.0]])


@pytest.mark.parametrize("recorded", [False, True])
def test_rows_and_columns_are_scaled_in_turn(recorded):
    """Sinkhorn's iteration, which writes a matrix and its transpose."""

    def scaled(a):
        a = a.copy()
        for _ in range(3):
            a /= a.sum(axis=1, keepdims=True)
            for column in a.T:
                column /= column.sum()
        return a

    x = np.random.default_rng(0).uniform(0.5, 1.5, (3, 4))
    expected = scaled(x)
    t = ag.Tensor(x, requires_grad=recorded)
    same(scaled(t), expected)
    if recorded:
        weights = np.arange(12.0).reshape(3, 4)
        found = ag.grad(lambda a: np.sum(np.log(scaled(a)) * weights))(x)
        step = np.zeros(x.shape)
        step[1, 2] = 1e-6
        slope = [np.sum(np.log(scaled(x + s * step)) * weights) for s in (1, -1)]
        np.testing.assert_allclose(found[1, 2], (slope[0] - slope[1]) / 2e-6, rtol=1e-6)


def test_a_view_that_is_made_a_leaf_stays_one_and_follows_its_base():
    x = ag.Tensor([[1.0, 2.0], [3.0, 4.0]])
    row = x[0]
    row.requires_grad = True
    before = np.sum(row**2)
    x[0, 1] = 5.0
    with pytest.raises(RuntimeError, match="leaf that requires a gradient"):
        row[0] = 9.0
    same(row, [1.0, 5.0])
    assert row.is_leaf and row.requires_grad
    (before + np.sum(row * 10.0)).backward()
    same(row.grad, [12.0, 14.0])


def test_an_assigned_tensor_leaves_its_views_their_memory():
    x = ag.Tensor([1.0, 2.0, 3.0])
    part, rest = x[:2], x[1:]
    x.data = np.array([7.0, 8.0, 9.0])
    part += 10.0
    x[0] = 0.0
    same(x, [0.0, 8.0, 9.0])
    same(part, [11.0, 12.0])
    same(rest, [12.0, 3.0])


@pytest.mark.parametrize(
    "make", [lambda: ag.sigmoid(ag.Tensor([0.3])), lambda: ag.Tensor([0.3]) * 1.0, lambda: ag.Tensor([0.3])]
)
def test_whatever_is_changed_past_the_tensors_is_told(make):
    with ag.no_grad():
        c = make().named("c")
    y = leaf(2.0) * c
    c.data -= 1.0
    with pytest.raises(RuntimeError, match=r"'c' was changed in place.*np\.multiply"):
        np.sum(y).backward()


def test_the_argument_of_a_transform_is_told_when_it_is_changed_in_place():
    def f(v):
        y = np.sum(v * v)
        v.data -= 1.0
        return y

    with pytest.raises(RuntimeError, match=r"changed in place|wrote into its argument"):
        ag.grad(f)(np.array([1.0, 2.0]))


def test_a_view_that_overlaps_itself_is_not_written():
    h = leaf(1.0, 2.0, 3.0) * 1.0
    pairs = np.lib.stride_tricks.sliding_window_view(h, 2, writeable=True)
    with pytest.raises(ValueError, match=r"more than once.*copy\(\)"):
        pairs[0] = 7.0


def test_an_array_changed_through_data_is_seen_by_its_views():
    t = ag.Tensor([1.0, 2.0, 3.0])
    part = t[1:]
    t.data -= 1.0
    same(part, [1.0, 2.0])
    part += 10.0
    same(t, [0.0, 11.0, 12.0])


def test_a_function_that_writes_its_argument_is_told_to_copy_it():
    def f(x):
        x[0] *= 2.0
        return np.sum(x)

    with pytest.raises(RuntimeError, match=r"argument by which a function is differentiated.*x = x\.copy\(\)"):
        ag.grad(f)(np.array([1.0, 2.0]))


def test_one_of_two_results_may_be_written_into_a_tensor():
    x, whole = leaf(1.25, 2.5), ag.Tensor(np.zeros(2))
    fraction, given = np.modf(x, out=(None, whole))
    assert given is whole
    same(fraction, [0.25, 0.5])
    same(whole, [1.0, 2.0])
