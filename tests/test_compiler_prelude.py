"""Functions of one's own, printed with a program: as they are called, with what they find, each under one name."""

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from programs import same_bits, source_result

import autograd_lite as ag

X = np.array([1.0, 2.0])
RATE, i, scale, scale2, σ = 2.0, 5.0, 3.0, 1.5, 0.5
erf = math.erf


def operation(f: Callable[..., Any]) -> Any:
    made = ag.primitive(f)
    ag.defvjp(made, lambda g, ans, *args, **keywords: g)
    return made


def doubled(f: Callable[..., Any]) -> Any:
    @functools.wraps(f)
    def twice(*args: Any) -> Any:
        return 2.0 * f(*args)

    return twice


@operation
def default(x, k=RATE, *more, third=np.float32(0.1), table=(1, [2.0, None]), array=np.arange(3)[::-1], function=erf):  # noqa: B008
    return x * k + third * table[0] + array[0] * function(0.5) + table[1][0]


RATE = 7.0  # after the function was made


@operation
@doubled
def decorated(x):
    return x + 1.0


@operation
def shadowed(x):
    add = lambda i: i + 1.0
    return add(x) * i


@operation
def local_of_another(x):
    scale2 = 10.0
    return x * scale + scale2


def of_a_closure(scale: float, name: str) -> Any:
    def closed(x):
        return x * scale

    closed.__name__ = name
    return operation(closed)


@operation
def greek(x):
    return x * σ


@operation
def annotated(x):
    y: "no\nname" = x * 2.0  # noqa: F722
    z: int  # noqa: F842
    return y


@operation
def texts(x):
    """Ends lines: \n \x85 and says \ud800"""
    return x * len("a\x00b\ud800\u2028'\"")


@operation
def program(x):
    return x * 3.0


@operation
def nested(x):
    def inner(y, k=scale):
        class Kind:
            factor: float = 2.0

        return sum(y * k * Kind.factor for y in [y])

    return inner(x)


@operation
def importing(x):
    from math import tau as scale

    return x * scale


t1 = of_a_closure(2.0, "t1")
dC_dw = of_a_closure(4.0, "dC_dw")
sum_, np_ = of_a_closure(5.0, "sum"), of_a_closure(6.0, "np")
OWN = {
    f.__name__: f
    for f in (
        *(default, decorated, shadowed, local_of_another, greek, annotated, texts, program, nested, importing),
        *(t1, dC_dw, sum_, np_),
    )
}


@pytest.mark.parametrize("name", OWN)
def test_a_printed_function_computes_what_the_function_does(name):
    compiled = ag.compile(lambda x: OWN[name](x) + 1.0)
    found = compiled(X)
    assert same_bits(found, OWN[name](X) + 1.0)
    assert same_bits(source_result(compiled, [X]), found)


@pytest.mark.parametrize("name", OWN)
def test_a_function_is_printed_beside_a_compiled_function_of_its_name(name):
    compiled = ag.compile(OWN[name])
    found = compiled(X)
    assert same_bits(source_result(compiled, [X]), found)


def test_all_of_them_are_printed_together():
    w = ag.Tensor(X, requires_grad=True, name="w")

    def f(x):
        total = sum(own(x * w) for own in OWN.values())
        (g,) = ag.gradients(np.sum(total.named("dC_dw")), [w])
        return total, g

    compiled = ag.compile(f)
    found = compiled(X)
    assert same_bits(source_result(compiled, [X]), list(found))
    np.testing.assert_allclose(found[0].data, f(ag.Tensor(X))[0].data, rtol=1e-15)


@operation
def finds_an_object(x):
    return x * float(X is not None) * SOMETHING.factor


class Something:
    factor = 2.0


SOMETHING = Something()


@pytest.mark.parametrize("own, words", [(finds_an_object, "uses SOMETHING")])
def test_what_no_text_would_be_true_to_runs_and_says_so_when_the_source_is_asked_for(own, words):
    compiled = ag.compile(lambda x: own(x))
    assert same_bits(compiled(X), own(X))
    with pytest.raises(TypeError, match=words):
        _ = compiled.source
