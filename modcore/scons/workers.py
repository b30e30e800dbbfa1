"""Worker processes: modcore's driver behind pipes, at most one for each of SCons' threads.

A job takes an idle worker or starts one, so there are never more than jobs at once. Workers end when their
pipe is closed, which also happens when SCons itself dies. One that dies is not asked again, and its job fails
with status 70.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import threading
from typing import Any

import msgspec

INTERNAL = 70


class Answer(msgspec.Struct, frozen=True):
    """The result of a job, as the worker describes it (`modcore.worker.Result`)."""

    status: int
    messages: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()


class Pool:
    """The workers of one SCons run. Used by many threads at once."""

    def __init__(self, package: str, folder: str) -> None:
        self._package = package
        self._folder = folder
        self._idle: list[subprocess.Popen[bytes]] = []
        self._lock = threading.Lock()
        self._decoder = msgspec.json.Decoder(Answer)

    def run(self, job: dict[str, Any]) -> Answer:
        """Has a worker do a job."""
        with self._lock:
            worker = self._idle.pop() if self._idle else None
        worker = worker or self._start()
        assert worker.stdin is not None and worker.stdout is not None
        line = b""
        try:
            worker.stdin.write(msgspec.json.encode(job) + b"\n")
            worker.stdin.flush()
            line = worker.stdout.readline()
        except BrokenPipeError:
            pass  # it has ended, which the empty line says as well
        if not line.endswith(b"\n"):
            worker.stdout.close()
            status = worker.wait()
            says = f"the worker process ended while it was at work on '{job['file']}' ({_ending(status)})"
            return Answer(INTERNAL, (f"modcore: {says}; run scons again\n",))
        with self._lock:
            self._idle.append(worker)
        return self._decoder.decode(line)

    def _start(self) -> subprocess.Popen[bytes]:
        path = os.pathsep.join(filter(None, (self._package, os.environ.get("PYTHONPATH"))))
        worker = subprocess.Popen(
            [sys.executable, "-m", "modcore.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            cwd=self._folder, env={**os.environ, "PYTHONPATH": path},
            process_group=0,  # an interrupt from the terminal is SCons' to deal with
        )  # fmt: skip
        atexit.register(_end, worker)
        return worker


def _end(worker: subprocess.Popen[bytes]) -> None:
    """Closes a worker's pipe and waits for its end."""
    assert worker.stdin is not None
    try:
        worker.stdin.close()
    except BrokenPipeError:
        pass  # it has ended already
    worker.wait()


def _ending(status: int) -> str:
    return f"killed by signal {-status}" if status < 0 else f"exit status {status}"
