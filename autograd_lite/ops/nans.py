"""Reductions that leave NaN out. Each has the rule of its namesake, over the elements that are numbers."""

import numpy as np

from ..rules import defvjp
from .reductions import (
    _extreme_dx,
    _initial_dextreme,
    _initial_dprod,
    _initial_dsum,
    _mean_dx,
    _prod_dx,
    _std_dmean,
    _std_dx,
    _sum_dx,
    _var_dmean,
    _var_dx,
)


def _over_numbers(rule, where_at):
    """The rule with `where=` narrowed to what is no NaN. By position, `where` stands at `where_at` behind x."""

    def narrowed(g, ans, x, *args, **keywords):
        where = keywords.pop("where", args[where_at] if len(args) > where_at else True)
        numbers = np.logical_not(np.isnan(x))
        if where is not True and where is not np._NoValue:
            numbers = np.logical_and(numbers, where)
        return rule(g, ans, x, *args[:where_at], where=numbers, **keywords)

    return narrowed


def _initial_dnanprod(g, ans, x, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=True):
    return _initial_dprod(g, ans, np.where(np.isnan(x), 1.0, x), axis=axis, keepdims=keepdims, where=_given(where))


def _given(where):
    return True if where is np._NoValue else where


_dmax, _initial_dmax = _over_numbers(_extreme_dx, 4), _over_numbers(_initial_dextreme, 4)

# fmt: off
#      function         d/dx                                                    d/dinitial
defvjp(np.nansum,       _over_numbers(_sum_dx, 5),  None, None, None, None,     _initial_dsum,     initial=_initial_dsum)
defvjp(np.nanprod,      _over_numbers(_prod_dx, 5), None, None, None, None,     _initial_dnanprod, initial=_initial_dnanprod)
defvjp(np.nanmax,       _dmax, None, None, None,                                _initial_dmax,     initial=_initial_dmax)
defvjp(np.nanmin,       _dmax, None, None, None,                                _initial_dmax,     initial=_initial_dmax)
defvjp(np.nanmean,      _over_numbers(_mean_dx, 4))
defvjp(np.nanvar,       _over_numbers(_var_dx, 5),  mean=_over_numbers(_var_dmean, 5))
defvjp(np.nanstd,       _over_numbers(_std_dx, 5),  mean=_over_numbers(_std_dmean, 5))
# fmt: on
