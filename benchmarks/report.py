"""Results as text for a terminal, as Markdown, and as JSON."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Section:
    """One table: what was measured, how, and the figures.

    rows : texts, as printed;  data : the same and more as numbers, for JSON;  left_out : who is missing, and why
    """

    title: str
    text: str
    columns: Sequence[str]
    rows: list[list[str]]
    data: list[dict[str, Any]] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def missing(self) -> str:
        return "; ".join(f"{name}: {reason}" for name, reason in self.left_out.items())

    def plain(self) -> str:
        """For a terminal."""
        widths = [max(map(len, cells)) for cells in zip(self.columns, *self.rows, strict=True)]
        header = aligned(self.columns, widths)
        lines = [self.title, self.text, "", header, "-" * len(header), *(aligned(row, widths) for row in self.rows)]
        if self.left_out:
            lines += ["", f"Left out: {self.missing}."]
        return "\n".join(lines)

    def markdown(self) -> str:
        """For RESULTS.md."""
        cells = [self.columns, ["---", *("--:" for _ in self.columns[1:])], *self.rows]
        table = "\n".join("| " + " | ".join(c.replace("|", "\\|") for c in row) + " |" for row in cells)
        missing = f"\n\nLeft out: {self.missing}." if self.left_out else ""
        return f"## {self.title}\n\n{self.text}\n\n{table}{missing}"


def aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    """The first cell to the left, the others to the right."""
    first, *others = (c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(cells, widths, strict=True)))
    return "  ".join([first, *others]).rstrip()


def duration(seconds: float) -> str:
    """In the largest unit that leaves a digit before the point."""
    unit, size = next((u for u in (("s", 1.0), ("ms", 1e-3)) if seconds >= u[1]), ("µs", 1e-6))
    value = seconds / size
    return f"{value:.{0 if value >= 100 else 1 if value >= 10 else 2}f} {unit}"


def quantity(n: float, unit: str = "") -> str:
    """1234567 as 1.2 M."""
    for letter, size in ("G", 1e9), ("M", 1e6), ("k", 1e3):
        if n >= size:
            return f"{n / size:.3g} {letter}{unit}"
    return f"{n:.3g} {unit}".rstrip()


def dumps(machine: dict[str, str], sections: Iterable[Section]) -> str:
    """Everything as JSON."""
    return json.dumps(
        {
            "machine": machine,
            "sections": [{"title": s.title, "text": s.text, "data": s.data, "left_out": s.left_out} for s in sections],
        },
        indent=1,
        ensure_ascii=False,
    )
