"""Locks that a forked process finds free.

`os.fork` copies a lock as it is, and not the thread that holds it: in the child nobody would ever release it. So a lock that
another thread held is replaced there.
"""

import os
from threading import RLock
from typing import Any
from weakref import WeakKeyDictionary

_owners: "WeakKeyDictionary[Any, str]" = WeakKeyDictionary()
"""Who has a lock, and in which attribute."""


def own_lock(owner: Any, name: str = "_lock") -> None:
    """Give an object, or a module, a re-entrant lock in an attribute.

    In a forked child the owner's `lost_lock()` is called, if there is one, where another thread was at work under the lock.
    """
    setattr(owner, name, RLock())
    _owners[owner] = name


def _renew() -> None:
    for owner, name in list(_owners.items()):
        lock = getattr(owner, name)
        if lock.acquire(blocking=False):  # free, or of this very thread, which goes on
            lock.release()
        else:
            setattr(owner, name, RLock())
            getattr(owner, "lost_lock", _nothing)()


def _nothing() -> None:
    """What an owner does that has nothing to repair."""


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
