"""Ctrl-C while there is a trained network that is not in a file yet."""

import signal
import threading
from types import FrameType
from typing import Any, Self


class Keyboard:
    """Inside `with Keyboard() as keyboard:` Ctrl-C raises KeyboardInterrupt, but once only until the network is written.

    An impatient second Ctrl-C would cost it; that is heard when `network_is_written` is called. Only the main thread listens, and
    only where nobody has set another handler.
    """

    def __init__(self) -> None:
        self._training = self._waits = self._missed = False
        self._before: Any = None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.getsignal(signal.SIGINT)
            if self._before is signal.default_int_handler:
                signal.signal(signal.SIGINT, self._heard)
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._before)

    def waits_from_the_second_on(self) -> None:
        """The first Ctrl-C from here on ends the training, others wait."""
        self._training = True

    def waits(self) -> None:
        """From here on the first one waits too."""
        self._waits = True

    def network_is_written(self) -> None:
        """Hear what waited. Raises KeyboardInterrupt."""
        self._training = self._waits = False
        if self._missed:
            self._missed = False
            raise KeyboardInterrupt

    def _heard(self, number: int, frame: FrameType | None) -> None:
        if self._waits:
            self._missed = True
            return
        self._waits = self._training
        raise KeyboardInterrupt
