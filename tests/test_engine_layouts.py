"""The order of memory does not matter: every function, method and transform gives what it gives of arrays in C order."""

import numpy as np
import pytest
from cases import CASES, COMPOSITE_CASES
from cases_samples import Call
from layouts import LAYOUTS
from reference import every_array, outputs, replaced, variables

import autograd_lite as ag
from autograd_lite.function_names import name_of

ALL = {f: [*CASES.get(f, []), *COMPOSITE_CASES.get(f, [])] for f in (*CASES, *COMPOSITE_CASES)}
MOST = ["transposed", "backward", "strided", "byte order"]
"""The layouts that have all there is to mind: their axes, the sign and size of their strides, and their bytes."""
near = {"rtol": 1e-12, "atol": 1e-13}


def reads_memory(call: Call) -> bool:
    """Does the call ask for the elements as they lie in memory?"""
    return any(isinstance(a, str) and a in ("A", "K") for a in (*call.args, *call.keywords.values()))


def value_and_gradients(f, call: Call) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """What f gives, and the gradients of a weighted sum of it."""
    tensors: dict = {}
    given = replaced(call, lambda path, x: tensors.setdefault(path, ag.Tensor(x, requires_grad=True)))
    outs = outputs(f, given)
    live = [o for o in outs if isinstance(o, ag.Tensor) and o.requires_grad]
    weights = [np.random.default_rng(0).uniform(0.5, 1.5, o.shape) for o in live]
    total = sum(np.sum(o * w) for o, w in zip(live, weights, strict=True))
    found = ag.gradients(total, tensors.values(), allow_unused=True)
    values = [np.asarray(o.data if isinstance(o, ag.Tensor) else o) for o in outs]
    return values, [np.zeros(t.shape) if g is None else g.data for t, g in zip(tensors.values(), found, strict=True)]


def same(found, expected) -> None:
    """Are they the same but for the order of sums?"""
    for one, other in zip(found, expected, strict=True):
        assert one.shape == other.shape
        assert one.dtype.newbyteorder("=") == other.dtype.newbyteorder(
            "="
        )  # an operand that is no Tensor keeps its own
        finite = np.abs(np.ravel(other)[np.ravel(np.isfinite(other))])
        most = float(np.max(finite, initial=0.0))
        if most < 1e-15:  # it is 0 but for the rounding of sums of numbers of order 1
            most = 1e-3
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12 * most)


@pytest.mark.parametrize("layout", MOST)
@pytest.mark.parametrize("f", [pytest.param(f, id=name_of(f)) for f in ALL])
def test_a_function_gives_what_it_gives_of_arrays_in_c_order(f, layout):
    for call in ALL[f]:
        in_order = every_array(call, lambda x: np.array(x, order="C"))
        if reads_memory(call) or not variables(in_order):
            continue
        laid = every_array(in_order, LAYOUTS[layout])
        for found, expected in zip(value_and_gradients(f, laid), value_and_gradients(f, in_order), strict=True):
            same(found, expected)


@pytest.mark.filterwarnings("ignore:All-NaN:RuntimeWarning")
@pytest.mark.parametrize("f", [pytest.param(f, id=name_of(f)) for f in ALL])
def test_a_function_gives_of_repeated_elements_what_it_gives_of_copies(f):
    """Zero strides: every row of an array is one row of memory."""
    for call in ALL[f]:
        rows = replaced(call, lambda path, x: np.broadcast_to(x[:1], x.shape) if x.ndim > 1 and len(x) else x)
        if reads_memory(call) or not variables(rows) or f in NEED_REGULAR:
            continue
        copies = every_array(rows, lambda x: np.array(x, order="C"))
        with np.errstate(all="ignore"):
            for found, expected in zip(value_and_gradients(f, rows), value_and_gradients(f, copies), strict=True):
                same(found, expected)


OF_MATRICES = ("numpy.linalg", "autograd_lite.ops.decompositions", "autograd_lite.ops.determinants")
NEED_REGULAR = {f for f in ALL if getattr(f, "__module__", "") in OF_MATRICES}
"""Functions of matrices, which rows that are all the same make singular."""


# ----------------------------------------------------------------------------------- transforms, of results laid otherwise

FORTRAN_ROOM = np.zeros((3, 2), order="F")
RESULTS = {
    "C": lambda v: np.sin(v) * v,
    "transpose": lambda v: np.transpose(v**2),
    "T of the argument": lambda v: v.T,
    "swapaxes": lambda v: np.swapaxes(np.exp(v), 0, 1),
    "moveaxis": lambda v: np.moveaxis(v * v, -1, 0),
    "Fortran copy": lambda v: np.copy(v**3, order="F"),
    "Fortran reshape": lambda v: np.reshape(v**3, (3, 2), order="F"),
    "Fortran ravel": lambda v: np.ravel(v * v, order="F"),
    "backward": lambda v: (v * v)[::-1, ::-1],
    "flipped": lambda v: np.flip(v * v),
    "every second": lambda v: (v * v)[:, ::2],
    "broadcast": lambda v: np.broadcast_to(v[0] * v[1], (2, 3)),
    "windows": lambda v: np.lib.stride_tricks.sliding_window_view(v[0] ** 2, 2),
    "diagonal": lambda v: np.diagonal(v**2),
    "einsum": lambda v: np.einsum("ij->ji", v**2),
    "product": lambda v: (v @ v.T).T,
    "with a Fortran operand": lambda v: v.T * v.T + FORTRAN_ROOM,
    "0-d": lambda v: np.sum(np.prod(v, axis=0)),
    "empty": lambda v: (v * v)[:, :0].T,
    "split": lambda v: np.split(v * v, [1], axis=1)[1].T,
}
X = np.array([[1.0, 2.0, -0.5], [3.0, 4.0, 0.7]])


def differences(f, x):
    """The Jacobian, by complex steps of plain NumPy."""
    columns = []
    for i in np.ndindex(x.shape):
        step = np.zeros(x.shape, complex)
        step[i] = 1e-30j
        columns.append(np.imag(f(x + step)) / 1e-30)
    return np.moveaxis(np.array(columns).reshape(*x.shape, *np.shape(f(x))), range(x.ndim), range(-x.ndim, 0))


@pytest.mark.parametrize("name", RESULTS)
@pytest.mark.parametrize("run", [lambda f: f, ag.compile], ids=["eager", "compiled"])
def test_the_jacobian_of_any_result_of_any_argument_is_that_of_differences(name, run):
    expected, jacobian = differences(RESULTS[name], X), run(ag.jacobian(RESULTS[name]))
    for x in (X, *(lay(X) for lay in LAYOUTS.values())):
        np.testing.assert_allclose(np.asarray(jacobian(x)), expected, **near)


def jacobian_by(transform, f, x):
    """The Jacobian of f as a transform gives it, in the shape output + input."""
    shape = np.shape(f(X))
    units = np.eye(X.size).reshape(X.size, *X.shape)
    if transform == "jvp":
        rows = [ag.jvp(f, x, u)[1] for u in units]
        return np.moveaxis(np.array(rows).reshape(*X.shape, *shape), (0, 1), (-2, -1))
    size = int(np.prod(shape))
    out_units = np.eye(size).reshape(size, *shape)
    if transform == "vjp":
        pull = ag.vjp(f, x)[1]
        rows = [pull(np.asfortranarray(u) if u.ndim else u)[0] for u in out_units]
    elif transform == "gradients":
        t = ag.Tensor(x, requires_grad=True)
        out = f(t)
        rows = [ag.gradients(out, t, u, retain_graph=True)[0].numpy() for u in out_units]
    elif transform == "backward":
        rows = []
        for u in out_units:
            t = ag.Tensor(x, requires_grad=True)
            f(t).backward(u, create_graph=True)
            rows.append(t.grad.numpy())
    elif transform == "checkpoint":
        rows = [ag.grad(ag.checkpoint(lambda v, u=u: np.sum(f(v) * u)))(x) for u in out_units]
    elif transform == "value_and_grad":
        rows = [ag.value_and_grad(lambda v, u=u: np.sum(f(v) * u))(x)[1] for u in out_units]
    elif transform == "list argument":
        rows = [ag.grad(lambda vs, u=u: np.sum(f(vs[0]) * u))([x])[0] for u in out_units]
    return np.array(rows).reshape(*shape, *X.shape) if rows else np.zeros((*shape, *X.shape))


@pytest.mark.parametrize(
    "transform", ["jvp", "vjp", "gradients", "backward", "checkpoint", "value_and_grad", "list argument"]
)
@pytest.mark.parametrize("layout", ["C", *MOST])
@pytest.mark.parametrize("name", RESULTS)
def test_every_transform_gives_that_jacobian(name, layout, transform):
    f = RESULTS[name]
    x = X if layout == "C" else LAYOUTS[layout](X)
    np.testing.assert_allclose(jacobian_by(transform, f, x), differences(f, X), **near)


@pytest.mark.parametrize("layout", ["C", *MOST])
@pytest.mark.parametrize("name", [n for n in RESULTS if n not in ("empty", "T of the argument")])
def test_second_derivatives_do_not_mind_either(name, layout):
    def total(v):
        out = RESULTS[name](v)
        return np.sum(out * np.reshape(np.arange(1.0, np.size(out) + 1), np.shape(out)))

    x = X if layout == "C" else LAYOUTS[layout](X)
    H = ag.hessian(total)(x)
    expected = ag.hessian(total)(X)
    np.testing.assert_allclose(H, expected, **near)
    v = np.asfortranarray(np.arange(1.0, 7).reshape(2, 3))
    np.testing.assert_allclose(ag.hvp(total, x, v), np.tensordot(expected, v, 2), **near)
    h = 1e-6 * v
    slope = (ag.grad(total)(X + h) - ag.grad(total)(X - h)) / 2e-6
    np.testing.assert_allclose(np.tensordot(expected, v, 2), slope, rtol=1e-7, atol=1e-7)


def test_mixed_second_derivatives_of_a_sum_of_products_are_1():
    H = ag.hessian(lambda x: np.sum(np.prod(x, axis=0)))(np.array([[1.0, 2.0], [3.0, 4.0]]))
    expected = np.zeros((2, 2, 2, 2))
    for k in range(2):
        expected[0, k, 1, k] = expected[1, k, 0, k] = 1.0
    np.testing.assert_array_equal(H, expected)


@pytest.mark.parametrize("layout", MOST[:3])
@pytest.mark.parametrize("name", [n for n in RESULTS if n != "T of the argument"])
def test_the_compiled_function_gives_of_any_layout_what_it_gives_of_the_first(name, layout):
    c = ag.compile(ag.value_and_grad(lambda v: np.sum(np.sin(RESULTS[name](v)))))
    expected = c(X)
    for x in (LAYOUTS[layout](X), X, LAYOUTS[layout](X)):
        same([np.asarray(r) for r in c(x)], [np.asarray(r) for r in expected])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_check_gradients_accepts_any_layout(layout):
    for name in ("transpose", "Fortran reshape", "product", "backward"):
        ag.check_gradients(lambda v, f=RESULTS[name]: np.sum(f(v) ** 2), LAYOUTS[layout](X))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_gradients_of_examples_do_not_mind_the_layout_of_parameters_and_data(layout):
    def cost(p, x, y):
        return np.sum((np.transpose(p @ x.T) - y) ** 2)

    rng = np.random.default_rng(1)
    W, x, y = rng.normal(size=(3, 4)), rng.normal(size=(5, 4)), rng.normal(size=(5, 3))
    lay = LAYOUTS[layout]
    np.testing.assert_allclose(
        ag.per_example_gradients(cost, lay(W), lay(x), lay(y)), ag.per_example_gradients(cost, W, x, y), **near
    )


# ---------------------------------------------------------------------------------------------- methods and attributes

METHODS = {
    "sum": (0,), "mean": (1,), "prod": (), "max": (0,), "min": (1,), "var": (0,), "std": (1,), "cumsum": (1,), "cumprod": (0,),
    "trace": (), "diagonal": (), "swapaxes": (0, 1), "squeeze": (), "ravel": (), "repeat": (2, 1), "take": ([0, 3, 3],),
    "dot": (np.ones(3),), "round": (1,), "sort": (0,), "partition": (1,), "choose": ([np.ones(()), np.ones(()) * 2],),
    "conj": (), "conjugate": (), "compress": ([True, False], 0), "clip": (0.0, 2.0), "flatten": (), "reshape": (3, 2),
    "transpose": (1, 0), "astype": (float,), "copy": (), "argmax": (0,), "argmin": (1,), "any": (), "all": (0,), "argsort": (0,),
    "nonzero": (), "argpartition": (1,), "searchsorted": (0.5,), "tolist": (), "numpy": (), "detach": (), "__abs__": (),
    "__neg__": (),
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", METHODS)
def test_a_method_gives_what_it_gives_of_an_array_in_c_order(name, layout):
    def result(x):
        t = ag.Tensor(x, requires_grad=True)
        if name == "choose":
            t = ag.Tensor((x > 1.0).astype(int))
        out = getattr(t[0] if name == "searchsorted" else t, name)(*METHODS[name])
        parts = list(out) if isinstance(out, tuple) else [out]
        g = None
        if isinstance(out, ag.Tensor) and out.requires_grad:
            g = ag.gradients(out, t, np.arange(1.0, out.size + 1).reshape(out.shape))[0].data
        return [p.data if isinstance(p, ag.Tensor) else np.asarray(p) for p in parts] + ([] if g is None else [g])

    same(result(LAYOUTS[layout](X)), result(X))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_writes_into_tensors_of_any_layout_are_those_of_numpy(layout):
    x = LAYOUTS[layout](X)
    t, w = ag.Tensor(x, requires_grad=True), ag.Tensor(np.ones(3), requires_grad=True)
    u = t * 1.0
    u[1] = w * 5.0
    u += t
    np.copyto(u, t.T.T * 2.0, where=X > 2.0)
    np.sum(u * X).backward()
    value = X.copy()
    value[1] = 5.0
    value = np.where(X > 2.0, 2.0 * X, value + X)
    np.testing.assert_allclose(u.data, value, **near)
    np.testing.assert_allclose(t.grad.data, np.where(X > 2.0, 2.0, [[2.0], [1.0]]) * X, **near)
    np.testing.assert_allclose(w.grad.data, np.where(X[1] > 2.0, 0.0, 5.0 * X[1]), **near)
    np.testing.assert_array_equal(x, X)


@pytest.mark.parametrize("layout", [n for n in LAYOUTS if n != "byte order"])
@pytest.mark.parametrize(
    ("f", "order"), [(np.ravel, "A"), (np.ravel, "K"), (lambda x, order: np.reshape(x, 6, order=order), "A")]
)
def test_elements_read_as_they_lie_in_memory_are_numpys_and_the_gradient_goes_where_they_came_from(f, layout, order):
    x = LAYOUTS[layout](X)
    t = ag.Tensor(x, requires_grad=True)
    out = f(t, order=order)
    np.testing.assert_array_equal(out.data, f(x, order=order))
    g = np.arange(1.0, 7)
    (found,) = ag.gradients(out, t, g)
    place = dict(zip(f(x, order=order), g, strict=True))
    np.testing.assert_array_equal(found.data, np.vectorize(place.get)(X))


AS_THEY_LIE = {
    "np.ravel, A": lambda t: np.ravel(t, order="A"),
    "np.ravel, K": lambda t: np.ravel(t, order="K"),
    "np.ravel of a result, K": lambda t: np.ravel(t * 2.0, order="K"),
    "np.reshape, A": lambda t: np.reshape(t, 6, order="A"),
    "t.ravel, K": lambda t: t.ravel("K"),
    "t.flatten, K": lambda t: t.flatten("K"),
    "t.flatten, A": lambda t: t.flatten("A"),
    "np.copy, K": lambda t: np.copy(t, order="K") * 2.0,
}


@pytest.mark.parametrize("f", AS_THEY_LIE.values(), ids=AS_THEY_LIE)
def test_a_program_reads_elements_as_they_lie_in_memory_for_every_layout(f):
    weights = np.arange(1.0, 7)
    compiled = ag.compile(ag.value_and_grad(lambda t: np.sum((out := f(t)) * np.resize(weights, out.shape))))
    for layout in LAYOUTS:
        for x in (LAYOUTS[layout](X), LAYOUTS[layout](X + 1.0)):
            expected = f(x)
            value, slope = compiled(x)
            np.testing.assert_allclose(value, np.sum(expected * np.resize(weights, expected.shape)), rtol=1e-14)
            t = ag.Tensor(x, requires_grad=True)
            out = f(t)
            (eager,) = ag.gradients(out, t, np.resize(weights, out.shape))
            np.testing.assert_array_equal(slope, eager)
