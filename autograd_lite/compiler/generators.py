"""Random generators whose state can be read, compared, and set again."""

import random
from typing import Any, NamedTuple

import numpy as np

GENERATORS = (np.random.BitGenerator, np.random.RandomState, random.Random)
"""Types that have a state; `np.random.Generator` has it in its `bit_generator`."""
SHARED: tuple[Any, ...] = (np.random.normal.__self__, random.random.__self__)  # type: ignore[attr-defined]
"""Those behind the functions of np.random and of random, which any code can reach."""


class State(NamedTuple):
    """first : the state when it was first seen;  now : as text, that which it should have"""

    first: Any
    now: str

    def followed_by(self, generator: Any) -> "State":
        """That which the generator has come to meanwhile is the one that it should have."""
        return self._replace(now=_text(_read(generator)))


def state_of(generator: Any) -> State:
    state = _read(generator)
    return State(state, _text(state))


def is_state(generator: Any, state: State) -> bool:
    return _text(_read(generator)) == state.now


def set_back(generator: Any, state: State) -> None:
    """Have a generator be in the state in which it was first seen."""
    if isinstance(generator, np.random.BitGenerator):
        generator.state = state.first
    elif isinstance(generator, np.random.RandomState):
        generator.set_state(state.first)
    elif state.first is not None:
        generator.setstate(state.first)


def stir(generator: Any) -> None:
    """Bring it into some other state. A function that then sets it, `np.random.seed(0)`, is seen also at the second time."""
    generator.random() if isinstance(generator, random.Random) else generator.random_sample()


def _read(generator: Any) -> Any:
    if isinstance(generator, np.random.BitGenerator):
        return generator.state
    if isinstance(generator, np.random.RandomState):
        return generator.get_state(legacy=False)
    if isinstance(generator, random.SystemRandom):  # has none: it asks the operating system
        return None
    return generator.getstate()


def _text(state: Any) -> str:
    if isinstance(state, dict):
        return repr([(k, _text(v)) for k, v in state.items()])
    return state.tobytes().hex() if isinstance(state, np.ndarray) else repr(state)
