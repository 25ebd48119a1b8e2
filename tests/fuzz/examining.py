"""One program through its checks, and what came of each."""

import re
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from random import Random

import autograd_lite as ag

from .checks import CHECKS
from .comparing import Disagreement, Inapplicable, Refused, Undecided, Untranslated
from .network_checks import NETWORK_CHECKS
from .networks import Network
from .program import Program
from .subject import Subject, quietly

DOCUMENTED = (
    # what the package says that it refuses, by how the message begins or what it holds
    ("CompileError", r"depends on values"),
    ("CompileError", r"looks at|branches|while recording|is recorded"),
    ("RuntimeError", r"does not depend on .* through recorded operations"),
    ("RuntimeError", r"was written after .* used it"),
    ("RuntimeError", r"wrote into its argument"),
    ("Refused", r"went through \d+ examples one by one"),
)


@dataclass(frozen=True)
class Outcome:
    """status : "agrees", "disagrees", "refused", "undecided", "untranslated" or "inapplicable";  detail : why"""

    check: str
    status: str
    detail: str = ""

    @property
    def sort(self) -> str:
        """A disagreement of numbers, or the kind of error: what stays the same while a program is made smaller."""
        error = re.match(r"\w+(?=: )", self.detail)
        return error.group() if error else "numbers"

    @property
    def kind(self) -> str:
        """The detail without what differs from program to program, to group outcomes by."""
        text = re.sub(r"'[^']*'|\"[^\"]*\"", "'…'", self.detail.partition("\n")[0])
        text = re.sub(r"\(?\d[\d.e+\-x, ]*\)?", "#", text)
        return f"{self.check}: {text[:110]}"


def examined(program: Program | Network, checks: Iterable[str], seed: str) -> list[Outcome]:
    """What came of each check. The same program, check and seed give the same."""
    if isinstance(program, Network):
        return [_outcome(name, partial(NETWORK_CHECKS[name], program)) for name in checks]
    subject = Subject(program)
    return [_outcome(name, partial(CHECKS[name][0], subject, Random(f"{name} {seed}"))) for name in checks]


def _outcome(name: str, check: Callable[[], None]) -> Outcome:
    try:
        quietly(check)
    except Disagreement as error:
        return Outcome(name, "disagrees", str(error))
    except Undecided as error:
        return Outcome(name, "undecided", str(error))
    except Untranslated as error:
        return Outcome(name, "untranslated", str(error))
    except Inapplicable as error:
        return Outcome(name, "inapplicable", str(error))
    except Exception as error:
        kind, text = type(error).__name__, str(error)
        documented = any(kind == k and re.search(pattern, text) for k, pattern in DOCUMENTED)
        return Outcome(
            name,
            "refused" if documented else "disagrees",
            text if isinstance(error, Refused) else f"{kind}: {text}{_where(error)}",
        )
    return Outcome(name, "agrees")


def _where(error: BaseException) -> str:
    """The last lines of the package that an unexpected error came through."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if ag.__name__ in f.filename]
    return "".join(f"\n  {f.filename.rpartition('/')[2]}:{f.lineno} {f.name}" for f in frames[-3:])
