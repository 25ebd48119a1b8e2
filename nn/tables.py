"""Tables of text, for a terminal."""

from collections.abc import Sequence

from autograd_lite.drawing.text import clean


class Table(str):
    """Lines of text that also show themselves as lines, not as a quoted string, at a prompt and in a notebook."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def table(header: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> Table:
    """Columns under a header and a rule: the first `left` of them aligned to the left, the others to the right.

    What a terminal would obey, or a name would break a line by, is spelled out.
    """
    lines = [[clean(cell) for cell in line] for line in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    texts = [
        "  ".join(c.ljust(w) if i < left else c.rjust(w) for i, (c, w) in enumerate(zip(line, widths, strict=True)))
        for line in lines
    ]
    texts.insert(1, "-" * len(texts[0]))
    return Table("\n".join(text.rstrip() for text in texts))
