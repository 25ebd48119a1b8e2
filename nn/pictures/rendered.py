"""An SVG picture as PNG or PDF, through the package cairosvg: Graphviz, which does this for graphs, reads no SVG."""

from typing import Literal

SCALE = 2.0
"""Pixels of the PNG for one of the picture: small text stays sharp on a slide."""


def rendered(svg: str, format: Literal["png", "pdf"]) -> bytes:
    """The picture in another format. Raises RuntimeError if cairosvg, or the library cairo it needs, is not installed."""
    try:
        import cairosvg
    except (ImportError, OSError) as problem:
        raise RuntimeError(
            f"a .{format} is made by the package cairosvg, which cannot be used here ({problem}); .svg and .html need "
            "nothing. Install it with: pip install 'autograd_lite[pictures]'"
        ) from None
    write = {"png": cairosvg.svg2png, "pdf": cairosvg.svg2pdf}[format]
    made: bytes = write(bytestring=svg.encode(), scale=SCALE if format == "png" else 1.0)
    return made
