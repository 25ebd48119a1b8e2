"""Who shares memory with whom, and what is a number: as NumPy tells it, over many functions and orders of memory."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag

X = np.arange(1.0, 7.0).reshape(2, 3) / 4.0
STEP = 1e-30
BASES: dict[str, Callable[[Any], Any]] = {
    "rows": lambda x: x.copy(),
    "columns": lambda x: x.T.copy().T * 1.0,
    "part": lambda x: np.concatenate([x, x], axis=1)[:, :3],
    "backward": lambda x: x.copy()[::-1],
    "vector": lambda x: x.reshape(-1) * 1.0,
    "every other": lambda x: np.repeat(x.reshape(-1), 2)[::2],
    "backward vector": lambda x: (x.reshape(-1) * 1.0)[::-1],
    "row": lambda x: x[:1] * 1.0,
    "column": lambda x: (x * 1.0)[:, 1:2],
    "cube": lambda x: np.stack([x, x * 0.5]).transpose(1, 2, 0),
}
VIEWS: dict[str, Callable[[Any], Any]] = {
    "conj": lambda h: h.conj(),
    "conjugate": lambda h: h.conjugate(),
    "nan_to_num(copy=False)": lambda h: np.nan_to_num(h, copy=False),
    "nan_to_num": lambda h: np.nan_to_num(h),
    "atleast_1d": np.atleast_1d,
    "atleast_2d": np.atleast_2d,
    "atleast_3d": np.atleast_3d,
    "astype": lambda h: h.astype(h.dtype),
    "astype(copy=False)": lambda h: h.astype(h.dtype, copy=False),
    "broadcast_arrays": lambda h: np.broadcast_arrays(h, h)[0],
    "squeeze": np.squeeze,
    "squeeze method": lambda h: h.squeeze(),
    "squeeze(axis)": lambda h: h[..., :1].squeeze(-1),
    "ravel": np.ravel,
    "ravel method": lambda h: h.ravel(),
    "ravel F": lambda h: h.ravel("F"),
    "ravel A": lambda h: h.ravel("A"),
    "ravel K": lambda h: h.ravel("K"),
    "flatten": lambda h: h.flatten(),
    "reshape": lambda h: h.reshape(h.shape),
    "reshape(-1)": lambda h: h.reshape(-1),
    "reshape F": lambda h: np.reshape(h, (-1,), order="F"),
    "reshape A": lambda h: np.reshape(h, (-1,), order="A"),
    "reshape(1, -1)": lambda h: h.reshape(1, -1),
    "T.reshape(-1)": lambda h: h.T.reshape(-1),
    "T.ravel": lambda h: h.T.ravel(),
    "[::2].ravel": lambda h: h[::2].ravel(),
    "[::2].reshape(-1)": lambda h: h[::2].reshape(-1),
    "[..., 0].ravel": lambda h: h[..., 0].ravel(),
    "h[:]": lambda h: h[:],
    "h[()]": lambda h: h[()],
    "h[...]": lambda h: h[...],
    "h[None]": lambda h: h[None],
    "h[::-1]": lambda h: h[::-1],
    "h[..., ::2]": lambda h: h[..., ::2],
    "h[-1:]": lambda h: h[-1:],
    "h[0, ...]": lambda h: h[0, ...],
    "h[[0]]": lambda h: h[[0]],
    "h[True]": lambda h: h[True],
    "h[0:1, None]": lambda h: h[0:1, None],
    "h[np.int64(0), ...]": lambda h: h[np.int64(0), ...],
    "h[np.array(0), ...]": lambda h: h[np.array(0), ...],
    "h[np.array([0])]": lambda h: h[np.array([0])],
    "h[..., [0]]": lambda h: h[..., [0]],
    "h[ix_]": lambda h: h[np.ix_([0], [1])],
    "expand_dims": lambda h: np.expand_dims(h, -1),
    "expand_dims of two": lambda h: np.expand_dims(h, (0, 2)),
    "moveaxis": lambda h: np.moveaxis(h, 0, -1),
    "rollaxis": lambda h: np.rollaxis(h, 1),
    "swapaxes": lambda h: h.swapaxes(0, 1),
    "swapaxes of one": lambda h: np.swapaxes(h, 0, 0),
    "permute_dims": lambda h: np.permute_dims(h, (1, 0)),
    "transpose": lambda h: h.transpose(),
    "transpose(1, 0)": lambda h: h.transpose(1, 0),
    "transpose((1, 0))": lambda h: h.transpose((1, 0)),
    "T.T": lambda h: h.T.T,
    "mT": lambda h: h.mT,
    "matrix_transpose": lambda h: np.linalg.matrix_transpose(h),
    "flip": np.flip,
    "fliplr": np.fliplr,
    "flipud": np.flipud,
    **{f"rot90 {k}": lambda h, k=k: np.rot90(h, k) for k in range(5)},
    "roll": lambda h: np.roll(h, 0),
    "split": lambda h: np.split(h, [1])[-1],
    "split into one": lambda h: np.split(h, 1)[0],
    "array_split": lambda h: np.array_split(h, 2)[0],
    "hsplit": lambda h: np.hsplit(h, [1])[0],
    "vsplit": lambda h: np.vsplit(h, [1])[0],
    "dsplit": lambda h: np.dsplit(h[..., None], 1)[0],
    "unstack": lambda h: np.unstack(h[None])[0],
    "unstack(axis=1)": lambda h: np.unstack(h[None], axis=1)[0],
    "iteration": lambda h: next(iter(h[None])),
    "last of a list": lambda h: list(h[None, ..., None])[-1],
    "unpacked": lambda h: (lambda first, *rest: first)(*h[:, None]),
    "einsum ij->ji": lambda h: np.einsum("ij->ji", h),
    "einsum ij": lambda h: np.einsum("ij", h),
    "einsum ...": lambda h: np.einsum("...->...", h),
    "einsum ii->i": lambda h: np.einsum("ii->i", h[:2, :2]),
    "einsum i,->i": lambda h: np.einsum("i,->i", h, 1.0),
    "trim_zeros": lambda h: np.trim_zeros(h),
    "take": lambda h: np.take(h, [0], axis=0),
    "delete nothing": lambda h: np.delete(h, [], axis=0),
    "compress": lambda h: np.compress([True], h, axis=0),
    "tile": lambda h: np.tile(h, 1),
    "repeat": lambda h: np.repeat(h, 1),
    "positive": lambda h: +h,
    "clip": lambda h: np.clip(h, None, 100),
    "sort": lambda h: np.sort(h, axis=0),
    "pad": lambda h: np.pad(h, 0),
    "concatenate": lambda h: np.concatenate([h]),
    "stack": lambda h: np.stack([h]),
    "vstack": lambda h: np.vstack([h]),
    "hstack": lambda h: np.hstack([h]),
    "cumsum": lambda h: np.cumsum(h, axis=0),
    "where": lambda h: np.where(True, h, 0.0),
    "resize": lambda h: np.resize(h, h.shape),
    "copy": lambda h: h.copy(),
    "copy K": lambda h: h.copy("K"),
    "np.copy": np.copy,
    "sum over no axis": lambda h: np.sum(h, axis=()),
    "flat[:]": lambda h: h.flat[:],
    "tril": np.tril,
    "zeros_like": np.zeros_like,
    "full_like": lambda h: np.full_like(h, 0.5),
    "meshgrid": lambda h: np.meshgrid(h, h)[0],
    "apply_along_axis": lambda h: np.apply_along_axis(lambda v: v, 0, h),
}


def view_written(h: Any, v: Any) -> None:
    v[...] = v * 2.0 + 0.5


def base_written(h: Any, v: Any) -> None:
    h[...] = h * 3.0 + 0.25


def both_written(h: Any, v: Any) -> None:
    v += 1.0
    h *= 2.0
    v -= 0.5 * v


WRITES = {f.__name__: f for f in (view_written, base_written, both_written)}


def result(view: str, base: str, write: str, x: Any) -> tuple[Any, Any]:
    h = BASES[base](x)
    v = VIEWS[view](h)
    WRITES[write](h, v)
    return h, v


def weighted(pair: tuple[Any, Any]) -> Any:
    return sum(np.sum(a * np.cos(np.arange(1.0, 1.0 + np.size(a))).reshape(np.shape(a))) for a in pair)


def runs(view: str, base: str) -> bool:
    """Does NumPy run it? Not every function takes every number of axes, or is there in every version."""
    try:
        return all(np.all(np.isfinite(weighted(result(view, base, write, X)))) for write in WRITES)
    except (ValueError, IndexError, TypeError, AttributeError):
        return False


PAIRS = [(view, base) for view in VIEWS for base in BASES if runs(view, base)]
each_pair = pytest.mark.parametrize("view, base", [pytest.param(v, b, id=f"{v} of {b}") for v, b in PAIRS])
each_write = pytest.mark.parametrize("write", WRITES)


@each_write
@each_pair
@pytest.mark.parametrize("recorded", [False, True])
def test_what_shares_memory_in_numpy_shares_it(view, base, write, recorded):
    expected = result(view, base, write, X)
    found = result(view, base, write, ag.Tensor(X, requires_grad=recorded))
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a.data, b, rtol=1e-15)


@each_write
@each_pair
def test_the_gradient_goes_through_what_shares_memory(view, base, write):
    found = ag.grad(lambda x: weighted(result(view, base, write, x)))(X)
    expected = np.zeros(X.shape)
    for i in np.ndindex(X.shape):
        x = X.astype(complex)
        x[i] += STEP * 1j
        if view in ("conj", "conjugate", "nan_to_num", "nan_to_num(copy=False)"):  # what these do to complex numbers
            d = np.zeros(X.shape)  # is another thing; the program is linear, so differences are exact
            d[i] = 1.0
            expected[i] = weighted(result(view, base, write, X + d)) - weighted(result(view, base, write, X))
        else:
            expected[i] = np.imag(weighted(result(view, base, write, x))) / STEP
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-13)


@each_pair
def test_compiled_what_shares_memory_gives_the_same(view, base):
    if view == "trim_zeros":
        pytest.skip("how much is trimmed depends on values, which a program refuses")
    f = ag.value_and_grad(lambda x: weighted(result(view, base, "both_written", x)))
    compiled = ag.compile(f)
    for x in (X, X + 0.5):
        for found, expected in zip(compiled(x), f(x), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-14, atol=1e-14)


@each_pair
def test_compiled_a_view_is_returned_as_it_is_at_the_end(view, base):
    if view == "trim_zeros":
        pytest.skip("how much is trimmed depends on values, which a program refuses")
    f = lambda x: result(view, base, "base_written", x)
    compiled = ag.compile(f)
    for x in (X, X + 0.5):
        for found, expected in zip(compiled(ag.Tensor(x)), f(x), strict=True):
            np.testing.assert_allclose(found.data, expected, rtol=1e-14)


@each_pair
def test_the_order_in_memory_is_numpys(view, base):
    """It decides what a later reshape shares. Axes of one element have strides that mean nothing."""
    h = BASES[base](X)
    expected = VIEWS[view](h)
    found = VIEWS[view](BASES[base](ag.Tensor(X, requires_grad=True))).data
    mattering = [n for n, size in enumerate(np.shape(expected)) if size > 1]
    assert [found.strides[n] for n in mattering] == [expected.strides[n] for n in mattering]


# --- Numbers and arrays without axes -------------------------------------------------------------------------------------

GIVEN = np.array(0.7), np.array([0.3, 0.9]), np.array([[1.0, 2.0], [3.0, 4.0]])
MADE: dict[str, Callable[..., Any]] = {
    "zeros_like": lambda x, v, m: np.zeros_like(x),
    "ones_like": lambda x, v, m: np.ones_like(x),
    "full_like": lambda x, v, m: np.full_like(x, 2.0),
    "zeros_like(shape=())": lambda x, v, m: np.zeros_like(v, shape=()),
    "copy": lambda x, v, m: x.copy(),
    "np.copy": lambda x, v, m: np.copy(x),
    "conj": lambda x, v, m: x.copy().conj(),
    "T": lambda x, v, m: x.copy().T,
    "reshape": lambda x, v, m: v[:1].copy().reshape(()),
    "squeeze": lambda x, v, m: np.squeeze(v[:1] * 1.0),
    "where": lambda x, v, m: np.where(x > 0, x, 0.0),
    "x + 1": lambda x, v, m: x + 1,
    "-x": lambda x, v, m: -x,
    "abs": lambda x, v, m: abs(x),
    "x ** 2": lambda x, v, m: x**2,
    "sum": lambda x, v, m: v.sum(),
    "np.sum": lambda x, v, m: np.sum(v),
    "sum over no axis": lambda x, v, m: np.sum(x, axis=()),
    "mean": lambda x, v, m: np.mean(v),
    "max": lambda x, v, m: v.max(),
    "prod": lambda x, v, m: np.prod(v),
    "var": lambda x, v, m: np.var(v),
    "std": lambda x, v, m: v.std(),
    "ptp": lambda x, v, m: np.ptp(v),
    "nansum": lambda x, v, m: np.nansum(v),
    "median": lambda x, v, m: np.median(v),
    "quantile": lambda x, v, m: np.quantile(v, 0.3),
    "average": lambda x, v, m: np.average(v),
    "add.reduce": lambda x, v, m: np.add.reduce(v),
    "v[0]": lambda x, v, m: v[0],
    "v[0, ...]": lambda x, v, m: (v * 1.0)[0, ...],
    "x[()]": lambda x, v, m: x[()],
    "x[...]": lambda x, v, m: x.copy()[...],
    "flat": lambda x, v, m: m.flat[1],
    "iteration": lambda x, v, m: next(iter(v)),
    "take": lambda x, v, m: np.take(v, 0),
    "@": lambda x, v, m: v @ v,
    "dot": lambda x, v, m: np.dot(v, v),
    "vdot": lambda x, v, m: np.vdot(v, v),
    "inner": lambda x, v, m: np.inner(v, v),
    "vecdot": lambda x, v, m: np.vecdot(v, v),
    "tensordot": lambda x, v, m: np.tensordot(v, v, 1),
    "multi_dot": lambda x, v, m: np.linalg.multi_dot([v, m, v]),
    "einsum": lambda x, v, m: np.einsum("i,i->", v, v),
    "einsum ii": lambda x, v, m: np.einsum("ii", m),
    "trace": lambda x, v, m: np.trace(m),
    "det": lambda x, v, m: np.linalg.det(m),
    "slogdet": lambda x, v, m: np.linalg.slogdet(m)[1],
    "norm": lambda x, v, m: np.linalg.norm(v),
    "cov": lambda x, v, m: np.cov(v),
    "clip": lambda x, v, m: np.clip(x, 0, 1),
    "clip method": lambda x, v, m: x.clip(0, 1),
    "round": lambda x, v, m: np.round(x, 1),
    "astype": lambda x, v, m: x.astype(float),
    "np.astype": lambda x, v, m: np.astype(x, float),
    "nan_to_num": lambda x, v, m: np.nan_to_num(x),
    "select": lambda x, v, m: np.select([x > 0], [x * 1.0], 0.0),
    "choose": lambda x, v, m: np.choose(0, [x, x]),
    "interp": lambda x, v, m: np.interp(x, [0.0, 1.0], [0.0, 1.0]),
    "trapezoid": lambda x, v, m: np.trapezoid(v),
    "polyval": lambda x, v, m: np.polyval([1.0, 2.0], x),
    "sinc": lambda x, v, m: np.sinc(x),
    "i0": lambda x, v, m: np.i0(x),
    "modf": lambda x, v, m: np.modf(x)[0],
    "maximum": lambda x, v, m: np.maximum(x, 0.0),
    "positive": lambda x, v, m: np.positive(x),
    "number[...]": lambda x, v, m: v.sum()[...],
    "number[()]": lambda x, v, m: v.sum()[()],
    "number.copy()": lambda x, v, m: v.sum().copy(),
    "copy of a number": lambda x, v, m: np.copy(v.sum()),
    "number.T": lambda x, v, m: v.sum().T,
    "number.transpose()": lambda x, v, m: v.sum().transpose(),
    "transpose of a number": lambda x, v, m: np.transpose(v.sum()),
    "number.squeeze()": lambda x, v, m: v.sum().squeeze(),
    "squeeze of a number": lambda x, v, m: np.squeeze(v.sum()),
    "number.reshape(())": lambda x, v, m: v.sum().reshape(()),
    "reshape of a number": lambda x, v, m: np.reshape(v.sum(), ()),
    "number.real": lambda x, v, m: v.sum().real,
    "real of a number": lambda x, v, m: np.real(v.sum()),
    "number.conj()": lambda x, v, m: v.sum().conj(),
    "number.astype": lambda x, v, m: v.sum().astype(float),
    "number.round": lambda x, v, m: v.sum().round(2),
    "number.clip": lambda x, v, m: v.sum().clip(0, 9),
    "number.sum()": lambda x, v, m: v.sum().sum(),
    "flip of a number": lambda x, v, m: np.flip(v.sum()),
    "moveaxis of a number": lambda x, v, m: np.moveaxis(v.sum(), (), ()),
    "zeros_like a number": lambda x, v, m: np.zeros_like(v.sum()),
    "where of a number": lambda x, v, m: np.where(True, v.sum(), 0.0),
    "x[np.array(0), ...]": lambda x, v, m: v[np.array(0), ...],
    "expanded and squeezed": lambda x, v, m: np.squeeze(v.sum()[None]),
    "vector of a number": lambda x, v, m: v.sum().reshape(1)[0],
    "unravelled": lambda x, v, m: np.ravel(v.sum())[0, ...],
    "m[0, 1, ...]": lambda x, v, m: (m * 1.0)[0, 1, ...],
}  # fmt: skip


def other_name(made: Callable[..., Any], *given: Any) -> Any:
    """What another name of it is after `s += 1`: one more for an array, the same for a number."""
    s = t = made(*given)
    s += 1.0
    return t


@pytest.mark.parametrize("mode", ["constant", "recorded", "no_grad", "compiled"])
@pytest.mark.parametrize("made", MADE.values(), ids=MADE)
def test_in_place_a_number_is_made_anew_and_an_array_is_changed(made, mode):
    expected = float(other_name(made, *(a.copy() for a in GIVEN)))
    if mode == "compiled":
        f = ag.compile(
            ag.value_and_grad(lambda x, v, m: np.sum(other_name(made, x, v, m)) + 0.0 * (x + np.sum(v)), (0, 1, 2))
        )
        found = f(*GIVEN)[0]
    else:
        with ag.no_grad() if mode == "no_grad" else ag.enable_grad():
            found = other_name(made, *(ag.Tensor(a, requires_grad=mode != "constant") for a in GIVEN)).item()
    assert float(found) == pytest.approx(expected, rel=1e-14)


SEEN = {
    "reshape": lambda s: np.reshape(s, -1),
    "ravel": lambda s: s.ravel(),
    "[None]": lambda s: s[None],
    "[...]": lambda s: s[...],
    "atleast_1d": np.atleast_1d,
    "expand_dims": lambda s: np.expand_dims(s, 0),
}


@pytest.mark.parametrize("seen", SEEN)
@pytest.mark.parametrize("made", MADE)
@pytest.mark.parametrize("recorded", [False, True])
def test_what_is_written_through_a_view_reaches_an_array_and_not_a_number(made, seen, recorded):
    def run(given: Any) -> Any:
        s = MADE[made](*given)
        v = SEEN[seen](s)
        v[...] = 5.0
        return s

    expected = float(run([a.copy() for a in GIVEN]))
    found = run([ag.Tensor(a, requires_grad=recorded) for a in GIVEN]).item()
    assert found == pytest.approx(expected, rel=1e-14)


# --- What is written from its own memory --------------------------------------------------------------------------------

FROM_ITSELF: dict[str, Callable[[Any], Any]] = {
    "a[1:] = a[:-1]": lambda a: a.__setitem__(np.s_[1:], a[:-1]),
    "a[:-1] = a[1:]": lambda a: a.__setitem__(np.s_[:-1], a[1:]),
    "a[::-1] = a": lambda a: a.__setitem__(np.s_[::-1], a),
    "a += a[::-1]": lambda a: a.__iadd__(a[::-1]),
    "a *= a[0]": lambda a: a.__imul__(a[:1]),
    "copyto": lambda a: np.copyto(a[1:], a[:-1]),
    "copyto(where)": lambda a: np.copyto(a, a[::-1], where=np.arange(6) % 2 > 0),
    "put": lambda a: np.put(a, [1, 2, 3], a[:2]),
    "putmask": lambda a: np.putmask(a, np.arange(6) > 1, a[:2]),
    "put_along_axis": lambda a: np.put_along_axis(a, np.array([1, 2, 3]), a[:3], 0),
    "fancy": lambda a: a.__setitem__([1, 2, 3], a[:3]),
    "mask": lambda a: a.__setitem__(np.arange(6) > 2, a[:3]),
    "fill_diagonal from a row": lambda a: np.fill_diagonal(a.reshape(2, 3), a[1:3]),
    "out=": lambda a: np.add(a[:-1], a[1:], out=a[1:]),
    "out= flipped": lambda a: np.multiply(a, a[::-1], out=a),
    "cumsum": lambda a: np.cumsum(a[::-1], out=a),
    "add.at": lambda a: np.add.at(a, [0, 0, 1], a[:1]),
    "add.at of a part": lambda a: np.add.at(a, [1, 2, 2, 3], a[:4]),
    "multiply.at": lambda a: np.multiply.at(a, [0, 0, 0], a[:3]),
    "maximum.at": lambda a: np.maximum.at(a, [0, 1, 1], a[3:]),
    "add.at of a view": lambda a: np.add.at(a[::-1], [0, 0, 5], a[3:]),
    "add.at often": lambda a: np.add.at(a, [0] * 40, a[:1]),
}


@pytest.mark.parametrize("write", FROM_ITSELF.values(), ids=FROM_ITSELF)
@pytest.mark.parametrize("recorded", [False, True])
def test_what_is_written_from_its_own_memory_is_numpys(write, recorded):
    expected, found = X.reshape(-1) * 1.0, ag.Tensor(X.reshape(-1), requires_grad=recorded) * 1.0
    write(expected)
    write(found)
    np.testing.assert_allclose(found.data, expected, rtol=1e-14)


@pytest.mark.parametrize("write", FROM_ITSELF.values(), ids=FROM_ITSELF)
@pytest.mark.parametrize("compiled", [False, True])
def test_the_gradient_goes_through_what_is_written_from_its_own_memory(write, compiled):
    weights = np.cos(np.arange(6.0))

    def cost(x: Any) -> Any:
        a = x * 1.0
        write(a)
        return np.sum(a * weights)

    gradient = ag.compile(ag.grad(cost)) if compiled else ag.grad(cost)
    for x in (X.reshape(-1), X.reshape(-1) + 0.5):
        expected = [np.imag(cost(x + STEP * 1j * e)) / STEP for e in np.eye(6)]
        np.testing.assert_allclose(gradient(x), expected, rtol=1e-13, atol=1e-13)
