"""What the colours and signs of a picture mean, under it."""

from collections.abc import Iterable

from .cards import TEXT_SIZE
from .heatmap import STEPS
from .layout import Box
from .metrics import MONO, width
from .model import Graph
from .palette import KINDS, Theme
from .shapes import CRISP, dashes, filled, point, rect, shade, text

LINE = 18.0
LABEL_SIZE = 9.0
WORDS = {kind: kind for kind in KINDS} | {"output": "drawn output"}


def legend(graph: Graph, theme: Theme, limit: float, lit: bool = False) -> tuple[list[str], float, float]:
    """What colours mean, in lines of at most `limit` pixels: the drawing, its width and its height."""
    rows = [row for card in graph.cards for row in card.rows]
    present = {card.kind for card in graph.cards}
    items: list[tuple[float, str, str]] = [(12.0, kind, WORDS[kind]) for kind in KINDS if kind in present]
    if any(row.strip for row in rows):
        items.append((6.0 * (2 * STEPS + 1), "ramp", "− … +  (by size; below zero with gaps)"))
    if any(sign for row in rows for _, sign in row.parts):
        items.append((34.0, "signs", "gradient below, above zero"))
    if any(words == "—" for row in rows for words, _ in row.parts):
        items.append((8.0, "none", "no gradient"))
    if lit:
        items.append((22.0, "lit", "lit path"))
    parts: list[str] = []
    x = y = widest = 0.0
    for wide, what, words in items:
        whole = wide + 6 + width(words, LABEL_SIZE)
        if x and x + whole > limit:
            x, y = 0.0, y + LINE
        parts += _sample(what, x, y, theme)
        parts.append(text(x + wide + 6, y + 9, words, LABEL_SIZE, theme.faint))
        widest = max(widest, x + whole)
        x += whole + 18
    return parts, widest, y + LINE


def _sample(what: str, x: float, y: float, theme: Theme) -> Iterable[str]:
    if what == "ramp":
        for i, level in enumerate(range(-STEPS, STEPS + 1)):
            if level < 0:
                yield dashes(f"M{point((x + 6 * i, y + 4.5))}h6", shade(level, theme), 6, 10)
            else:
                yield filled(f"M{point((x + 6 * i, y))}h6v10h-6z", shade(level, theme), CRISP)
    elif what == "signs":
        yield text(x, y + 9, "−1", TEXT_SIZE, theme.negative, f' font-family="{MONO}"')
        yield text(x + 21, y + 9, "+1", TEXT_SIZE, theme.positive, f' font-family="{MONO}"')
    elif what == "none":
        yield text(x, y + 9, "—", LABEL_SIZE, theme.text)
    elif what == "lit":
        yield filled(f"M{point((x, y + 3.5))}h22v3h-22z", theme.active)
    else:
        kind = next(kind for kind in KINDS if kind == what)
        yield rect(Box(x, y, 12, 10), 2.5, theme.header[kind])
