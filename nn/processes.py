"""The processes of an MPI run: what they tell each other, and how the end of one is the end of all.

A process that fails or exits would leave the others waiting for ever in a sum. Python tells of an error that nobody caught; of an
exit it does not, so sys.exit is listened to.
"""

import atexit
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, NoReturn, TypeVar

import numpy as np
from numpy.typing import NDArray

from autograd_lite import Tensor

from .agreement import disagreements
from .checkpoints import generators
from .module import Module
from .resuming import Settings

Array = NDArray[Any]
T = TypeVar("T")

_PATIENCE = 3.0
"""Seconds that a process which left a run waits for the others to exit too."""

LAUNCHERS = ("PMI_RANK", "PMIX_RANK", "OMPI_COMM_WORLD_RANK", "MPI_LOCALRANKID")
"""Variables of the environment that tell a process its number in an MPI run."""


class _Leaving:
    """How this process comes to exit."""

    code: Any = None
    """What sys.exit was last called with."""
    unfinished = False
    """Did it leave a run by an error that somebody caught?"""
    communicator: Any = None
    """One of its own, for processes that exit to meet, since the others may still wait in a sum."""


class Ranks:
    """The processes of an MPI run, seen from one of them.

    communicator : an mpi4py communicator

    rank : the number of this process, from 0;  size : how many there are
    """

    def __init__(self, communicator: Any):
        self._communicator = communicator
        self.rank: int = communicator.Get_rank()
        self.size: int = communicator.Get_size()
        self._compared = False

    @property
    def is_first(self) -> bool:
        """Is this process the one that reports and writes?"""
        return self.rank == 0

    def share(self, n: int) -> slice:
        """Which of n examples this process takes: as many as any other, or one more or less. The first always has some."""
        first, end = (-(-n * rank // self.size) for rank in (self.rank, self.rank + 1))
        return slice(first, end)

    def sum(self, numbers: Array) -> None:
        """Replace a contiguous array by its sum over all processes, the same bits in each."""
        from mpi4py import MPI

        self._communicator.Allreduce(MPI.IN_PLACE, numbers)

    def from_first(self, thing: Any) -> Any:
        """What the first process passes here, in every process."""
        return self._communicator.bcast(thing)

    def by_first(self, act: Callable[[], T]) -> T:
        """What `act` returns in the first process, which alone calls it, in every process; or its error, in every process."""
        result: Any = None
        error: Exception | None = None
        if self.is_first:
            try:
                result = act()
            except Exception as problem:
                error = problem
        result, error = self.from_first((result, error))
        if error is not None:
            raise error
        return result  # type: ignore[no-any-return]

    def any(self, here: bool) -> bool:
        """Is it so in any process?"""
        return any(self._communicator.allgather(bool(here)))

    def require_same(self, settings: Settings) -> None:
        """Raise ValueError, in all processes, naming every setting that is not the same in all, or the process that has none."""
        all_settings = self._gathered(settings)
        errors = [f"process {i} could not begin: {s}" for i, s in enumerate(all_settings) if isinstance(s, str)]
        found = errors or disagreements(all_settings)
        if found:
            raise ValueError(
                f"the {self.size} processes have to be given the same: {'; '.join(found)} (this is process {self.rank})"
            )

    def _gathered(self, settings: Settings | str) -> list[Any]:
        """The settings of all processes, or with what error one ended before it had them."""
        self._compared = True
        if self.size > 1 and _Leaving.communicator is None and hasattr(self._communicator, "Dup"):
            _Leaving.communicator = self._communicator.Dup()
        return list(self._communicator.allgather(settings))

    @contextmanager
    def run(self) -> Iterator[None]:
        """A run of all processes, in which each calls `require_same` once, first of all.

        One that raises before that tells the others, and all raise. One that exits ends the run in all; so does one that raises
        later, when it exits while the others are still at work.
        """
        self._compared = False
        try:
            yield
        except SystemExit as end:
            self.exit(end.code)
            raise
        except Exception as error:
            if not self._compared:
                self._gathered(f"{type(error).__name__}: {error}")
            else:
                _Leaving.unfinished = True
            raise

    def give_weights(self, net: Module) -> None:
        """Give every process the parameters and buffers of the first. Raises ValueError in all if the networks differ."""
        state = net._named_state()
        if self.any(_layout(state) != self.from_first(_layout(state))):
            raise ValueError("the processes have different networks: build the same one in each")
        for p in state.values():
            array = np.ascontiguousarray(p.numpy())
            self._communicator.Bcast(array)
            p.data = array

    def part_generators(self, net: Module) -> None:
        """Give the network's random generators, such as those of Dropout, another stream in every process.

        They all follow from where those of the first process are, which stay as they are. `fit` does it before every epoch: so
        what a checkpoint by the first process holds is enough to go on with the same results.
        """
        states = self.from_first({path: g.bit_generator.state for path, g in generators(net).items()})
        if not self.is_first:
            for path, generator in generators(net).items():
                bits = generator.bit_generator
                bits.state = states[path]
                words = generator.integers(2**63, size=4)
                bits.state = type(bits)(np.random.SeedSequence([self.rank, *map(int, words)])).state

    def end(self, code: int = 1) -> None:
        """End the run in all processes: the others would wait for this one for ever."""
        for stream in sys.stdout, sys.stderr:
            with suppress(OSError, ValueError, AttributeError):  # closed, or none, as under pythonw
                stream.flush()
        time.sleep(0.2)  # what was printed goes through the launcher, which lets it fall when it is told to end
        self._communicator.Abort(code)

    def exit(self, code: Any) -> None:
        """End the run in all processes as sys.exit(code) ends one."""
        if self.size > 1:
            if not isinstance(code, int | None):
                print(code, file=sys.stderr)
            self.end(code if isinstance(code, int) else int(code is not None))

    def leave(self) -> None:
        """This process exits: tell the others, and end them if they wait for it in a run that it has left."""
        if _Leaving.code not in (None, 0):
            self.exit(_Leaving.code)
        if _Leaving.communicator is None:
            return
        all_are_here = _Leaving.communicator.Ibarrier()
        until = time.monotonic() + _PATIENCE
        while not all_are_here.Test():
            if _Leaving.unfinished and time.monotonic() > until:
                self.end()
            time.sleep(0.01)

    def let_the_first_speak(self) -> None:
        """Call it before an error is printed and the run ended: what happens in all processes is then told by the first alone."""
        if not self.is_first:
            time.sleep(2.0)


def _layout(state: dict[str, Tensor]) -> list[Any]:
    return [(path, p.shape, str(p.dtype)) for path, p in state.items()]


def ranks() -> Ranks | None:
    """The processes of this MPI run, or None if Python was not started by one.

    From then on an error that nobody catches ends the run in all processes, after it was printed, and so does sys.exit with
    anything but 0.

    Raises RuntimeError if it was, but mpi4py is not installed: each process would train alone, and write over the others' files.
    """
    if not any(name in os.environ for name in LAUNCHERS):
        return None
    try:
        from mpi4py import MPI
    except ImportError:
        raise RuntimeError(
            "this was started as one of several processes by MPI, and the package mpi4py is not installed: "
            "pip install 'autograd_lite[mpi]'"
        ) from None
    among = Ranks(MPI.COMM_WORLD)
    if among.size > 1 and not isinstance(sys.excepthook, _EndsAll):
        sys.excepthook = _EndsAll(among)
        sys.exit = _Exit()
        atexit.register(among.leave)  # before mpi4py's own, which waits for the others
    return among


class _Exit:
    """sys.exit, which remembers its code: Python does not tell what it exits with."""

    def __init__(self) -> None:
        self._exit = sys.exit

    def __call__(self, code: Any = None) -> NoReturn:
        _Leaving.code = code
        self._exit(code)


class _EndsAll:
    """Prints an error that nobody caught, and ends the run: Python's exit would wait for processes that wait for this one."""

    def __init__(self, among: Ranks):
        self._among, self._print = among, sys.excepthook

    def __call__(self, kind: type[BaseException], error: BaseException, at: TracebackType | None) -> None:
        self._among.let_the_first_speak()
        where = f"process {self._among.rank} of {self._among.size}"
        print(f"{where} ends the run: {kind.__name__}: {error}", file=sys.stderr, flush=True)
        self._print(kind, error, at)
        self._among.end()
