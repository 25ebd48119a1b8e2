"""Explanations of a gradient: the paths it is the sum of, and the steps in which the backward pass finds it.

`uses` is what both are made of: what one operation sends to one of its inputs. `counting`, `listing` and `replay` serve
`explanation`, the paths; `formulas` and `equations` tell what each of the `steps` is; `page` shows them in a browser.
"""

from .counting import count_paths
from .explanation import Explanation, Path, explain
from .steps import Step, StepThrough, step_through

__all__ = ["Explanation", "Path", "Step", "StepThrough", "count_paths", "explain", "step_through"]
