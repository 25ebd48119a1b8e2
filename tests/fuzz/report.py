"""The figures of a campaign as text."""

from .campaign import Choice, Figures

STATUSES = ("agrees", "disagrees", "refused", "undecided", "untranslated", "inapplicable")
MOST_REFUSED = 0.01
"""Of the checks: what the engine refuses is not tested, so it must stay little."""


def refused_share(figures: Figures) -> float:
    """The share of checks that the engine refused."""
    return figures.count("refused") / max(1, sum(figures.outcomes.values()))


def table(figures: Figures) -> str:
    """How many checks of each kind came out how."""
    names = sorted({check for check, _ in figures.outcomes})
    lines = ["".join([f"{'check':16}", *(f"{s:>14}" for s in STATUSES)])]
    for name in names:
        lines.append("".join([f"{name:16}", *(f"{figures.outcomes[name, s] or '':>14}" for s in STATUSES)]))
    lines.append("".join([f"{'all':16}", *(f"{figures.count(s):>14}" for s in STATUSES)]))
    return "\n".join(lines)


def reasons(figures: Figures, status: str, most: int = 25) -> str:
    """Why checks came out so, most frequent first, with numbers of programs."""
    found = [(n, kind) for (s, kind), n in figures.reasons.most_common() if s == status]
    lines = [f"{status}:"] if found else []
    for n, kind in found[:most]:
        programs = ", ".join(str(number) for number, _ in figures.examples[status, kind][:3])
        lines.append(f"  {n:7}  {kind}  (programs {programs})")
    return "\n".join(lines)


def whole(figures: Figures, choice: Choice, seconds: float) -> str:
    """Everything but the disagreements one by one."""
    rate = figures.programs / max(seconds, 1e-9)
    head = f"{figures.programs} programs, {figures.statements} statements, seed {choice.seed}"
    head += f", {seconds:.0f} s, {rate:.0f} programs/s"
    parts = [head, table(figures), *(reasons(figures, s) for s in STATUSES[2:])]
    parts.append(f"the engine refused {100 * refused_share(figures):.2f} % of the checks")
    return "\n\n".join(part for part in parts if part)


def disagreements(figures: Figures, choice: Choice, most: int = 20) -> str:
    """Every kind of disagreement, with the smallest program that shows it."""
    parts = []
    found = [(key, examples) for key, examples in figures.examples.items() if key[0] == "disagrees"]
    for n, (key, examples) in enumerate(sorted(found, key=lambda e: -figures.reasons[e[0]])):
        number, outcome = examples[0]
        numbers = ", ".join(str(k) for k, _ in examples)
        head = f"DISAGREES {figures.reasons[key]} times (programs {numbers}): {key[1]}"
        body = one(choice, number, outcome.check) if n < most else ""
        parts.append(f"{head}\n{body}")
    return "\n".join(parts)


def one(choice: Choice, number: int, only: str | None = None) -> str:
    """What came of one program, and the smallest program for each check that it does not pass."""
    program, outcomes = choice.outcomes(number)
    parts = []
    for outcome in outcomes:
        if only is not None and outcome.check != only:
            continue
        parts.append(f"{choice.seed}:{number}, {outcome.check}: {outcome.status}  {outcome.detail}")
        if outcome.status == "disagrees":
            smallest = choice.smallest(number, outcome)
            parts.append(f"# the smallest program for which {outcome.check} disagrees\n{smallest.standalone()}")
    if only is None:
        parts.insert(0, program.standalone())
    return "\n".join(parts)
