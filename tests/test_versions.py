"""What tests/versions.py says of the versions of NumPy is so."""

import warnings

import numpy
import pytest
from versions import DEPRECATED, GONE, NEWER, NUMPY, Absent, np, present


@pytest.mark.parametrize("name", NEWER)
def test_a_newer_function_is_there_from_its_version_on(name):
    assert hasattr(numpy, name) == (NEWER[name] <= NUMPY)
    assert isinstance(getattr(np, name), Absent) != hasattr(numpy, name)


@pytest.mark.parametrize("name", GONE)
def test_a_function_is_gone_from_its_version_on(name):
    assert hasattr(numpy, name) == (GONE[name] > NUMPY)


@pytest.mark.parametrize("name", DEPRECATED)
def test_a_deprecated_function_warns_from_its_version_on(name):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        getattr(numpy, name)(numpy.ones(2))
    assert bool(caught) == (DEPRECATED[name] <= NUMPY)


def test_rows_of_absent_functions_are_dropped_and_no_others():
    assert present({Absent("later"): 1, numpy.exp: 2}) == {numpy.exp: 2}


def test_a_name_that_is_nowhere_is_an_error_as_in_numpy():
    with pytest.raises(AttributeError, match="nowhere"):
        np.nowhere  # noqa: B018
