"""One builder at a time, across processes."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from index.errors import BusyError
from index.manifest import now

_LOCK, _OWNER = ".lock", ".builder.json"


@contextmanager
def building(data: Path, job: str | None = None) -> Iterator[None]:
    """Be the only builder of ``data``, with who it is written beside the lock.

    The lock is the operating system's: it goes with its process, so that a dead owner holds nothing.

    Args:
        job: what the building is for, told to those who come second.

    Raises:
        BusyError: another process is building.
        OSError: the disk refused.

    """
    data.mkdir(parents=True, exist_ok=True)
    lock = FileLock(data / _LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise _busy(data) from None
    try:
        owner = {"pid": os.getpid(), "host": socket.gethostname(), "since": now(), "job": job}
        (data / _OWNER).write_text(json.dumps(owner), "utf-8")
        yield
    finally:
        (data / _OWNER).unlink(missing_ok=True)
        lock.release()


def _busy(data: Path) -> BusyError:
    try:
        owner = json.loads((data / _OWNER).read_text("utf-8"))
        who = f"进程 {owner['pid']}（{owner['host']}，始于 {owner['since']}）"
        job = owner["job"]
    except (OSError, ValueError, LookupError, TypeError):
        who, job = "另一个进程", None  # it has only just begun, or is about to end
    at = f"，任务 {job}" if job else ""
    return BusyError(f"{who}正在重建 {data}{at}；请等它完成，或先取消它", job)
