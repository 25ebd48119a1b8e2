"""The history of a run as JSON has it, and back: what a checkpoint holds of it."""

from typing import Any

from numpy.typing import NDArray

from .history import Epoch, History

_ENDS = ("patience", "schedule", "callback")


def plain(history: History) -> dict[str, Any]:
    """All but the costs of the mini-batches, which are an array."""
    return {
        "epochs": [list(epoch) for epoch in history.epochs],
        "batches": history.batches,
        "gradient_norms": history.gradient_norms,
        "metrics": history.metrics,
        "stopped": history.stopped,
    }


def history_of(saved: dict[str, Any], batch_costs: NDArray[Any]) -> History:
    """The history. Raises ValueError naming the first part that is not as `plain` makes it."""
    epochs = saved["epochs"]
    _require("epochs", epochs, isinstance(epochs, list) and all(map(_is_epoch, epochs, range(1, len(epochs) + 1))))
    batches, stopped = saved["batches"], saved["stopped"]
    _require("batches", batches, _is_number(batches, int) and batches >= 0)
    _require("stopped", stopped, stopped is None or stopped in _ENDS)
    for name in "gradient_norms", "metrics":
        _require(name, saved[name], isinstance(saved[name], list) and all(map(_are_numbers_by_name, saved[name])))
    _require("batch_costs", batch_costs, batch_costs.ndim == 1 and batch_costs.dtype.kind == "f")
    return History(
        [Epoch(*epoch) for epoch in epochs], batch_costs.tolist(), batches, saved["gradient_norms"], saved["metrics"],
        stopped=stopped,
    )  # fmt: skip


def _require(name: str, value: Any, fits: bool) -> None:
    if not fits:
        text = repr(value)
        raise ValueError(f"{name} of its history cannot be {text if len(text) < 60 else text[:60] + '…'}")


def _is_epoch(epoch: Any, number: int) -> bool:
    return (
        isinstance(epoch, list)
        and len(epoch) == len(Epoch._fields)
        and epoch[0] == number
        and _is_number(epoch[0], int)
        and _is_number(epoch[1])
        and all(value is None or _is_number(value) for value in epoch[2:])
    )


def _are_numbers_by_name(values: Any) -> bool:
    return isinstance(values, dict) and all(map(_is_number, values.values()))


def _is_number(value: Any, kind: Any = (int, float)) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)
