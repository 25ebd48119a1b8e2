"""Pictures of networks and of their training, as SVG, in pure Python."""

from .network import draw_network
from .sheet import Drawing
from .weights import draw_weights

__all__ = ["Drawing", "draw_network", "draw_weights"]
