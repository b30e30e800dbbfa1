"""Room for recursion: work on input that is nested deeply, in a thread with a stack of its own size.

In comes work; out goes its result, or what it raised. Declarations, expressions and chains of definitions are read
by recursion, and generated code nests thousands of levels, where a usual stack ends with a crash. Here work may be
`_FRAMES` frames deep, and what is deeper raises RecursionError; the pages of the stack that nobody touches cost
nothing.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")

_FRAMES = 400_000
_FRAME = 1280  # bytes of stack that a frame may take when it is called through C
_SMALLER = 8  # where there is no room for the whole stack, a part of it is asked for


def deeply(work: Callable[[], Result]) -> Result:
    """The result of `work`, run with room for deep recursion; raises what it raises.

    What `work` makes should end with it: deep values are freed by recursion, too.
    """
    results: list[Result] = []
    raised: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:
            raised.append(error)

    before = sys.getrecursionlimit()
    try:
        thread = _started(run, _FRAMES) or _started(run, _FRAMES // _SMALLER)
        if thread is None:
            return work()
        thread.join()
    finally:
        sys.setrecursionlimit(before)
    if raised:
        raise raised[0]
    return results[0]


def _started(run: Callable[[], None], frames: int) -> threading.Thread | None:
    """A running thread with a stack for so many frames; None where it cannot be had."""
    before = threading.stack_size()
    thread = threading.Thread(target=run, daemon=True)
    try:
        threading.stack_size(frames * _FRAME)
        sys.setrecursionlimit(frames)
        thread.start()
    except (RuntimeError, ValueError):
        return None
    finally:
        threading.stack_size(before)
    return thread
