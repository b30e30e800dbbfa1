"""Work in a child process that may use so much CPU and memory and no more.

In comes work to do; out goes its result with what it has cost. A child that dies, raises or exceeds its bounds fails
the test. A child is forked, so what is loaded need not be loaded again, and none finds what another has remembered;
nor does it pay for what the tests before it have left, which its garbage collector does not look at.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import signal
import traceback
from collections.abc import Callable
from typing import Any, NamedTuple

KILOBYTE = 1024
MEGABYTE = 1024 * 1024
_ROOM = 4096 * MEGABYTE
"""Address space that a child may reserve in all: stacks for deep recursion are reserved whole and used in part."""

_PATIENCE = 20
"""How many times its CPU time a child may take on the clock: the machine may be busy."""


class Bounds(NamedTuple):
    """What work may cost: CPU seconds, and megabytes that it adds to the process."""

    seconds: float
    megabytes: float

    @classmethod
    def of(cls, size: int, seconds: float, megabytes: float) -> Bounds:
        """A second and 64 MB for a start, and so much for each kilobyte of input."""
        kilobytes = size / KILOBYTE
        return cls(1 + seconds * kilobytes, 64 + megabytes * kilobytes)


class Cost(NamedTuple):
    """What work has cost."""

    seconds: float
    megabytes: float


class Unbounded(AssertionError):
    """Work in a child did not end well."""


def limited(work: Callable[[], Any], bounds: Bounds) -> tuple[Any, Cost]:
    """What `work` returns (as JSON has it) and what it has cost; raises Unbounded."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            _child(work, bounds, writing)
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading, "rb") as stream:
        answer = stream.read()
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        raise Unbounded(f"killed by {name}; it had {bounds.seconds:.1f} s of CPU")
    if not answer:
        raise Unbounded("ended without an answer")
    raised, result, cost = json.loads(answer)
    if raised:
        raise Unbounded(raised)
    seconds, megabytes = cost
    if seconds > bounds.seconds or megabytes > bounds.megabytes:
        raise Unbounded(f"took {seconds:.2f} s and {megabytes:.0f} MB of {bounds}")
    return result, Cost(seconds, megabytes)


def _child(work: Callable[[], Any], bounds: Bounds, writing: int) -> None:
    """Does the work in a new process, and tells of it."""
    limit = int(bounds.seconds) + 2
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(_PATIENCE * limit)
    gc.freeze()
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
    resource.setrlimit(resource.RLIMIT_AS, (_ROOM, _ROOM))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    before = _used()
    result, raised = None, ""
    try:
        result = work()
    except BaseException:
        raised = traceback.format_exc(limit=-12)
    after = _used()
    cost = after.seconds - before.seconds, after.megabytes - before.megabytes
    with open(writing, "wb") as stream:
        stream.write(json.dumps((raised, result, cost)).encode())


def _used() -> Cost:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / KILOBYTE)
