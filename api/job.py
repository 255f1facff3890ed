"""Jobs: work that a child process does, kept in a folder of its own, so that every worker can show it.

```
DATA/jobs/12/job.json       what was asked for; written before the child starts
             alive          locked by the child as long as it lives; holds its process id
             progress.json  how far it is
             cancelled      somebody wants it to stop
             outcome.json   what came of it; written last
```

A child that is gone without an outcome has failed, or was cancelled.
"""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock

from index.errors import BuildError, BusyError, NotFoundError
from index.manifest import now

Kind = Literal["rebuild", "evaluation"]
Status = Literal["running", "succeeded", "failed", "cancelled"]

Start = Callable[..., "Job"]
"""Starts a job on a request, with files in its folder; see `Jobs.turn`."""

KEEP = 100
"""Jobs that stay on disk."""

_GRACE = 5.0
"""Seconds that a cancelled child has to clean up."""
_GONE = {
    "type": "urn:chuchu:JobDied",
    "title": "Internal Server Error",
    "status": 500,
    "detail": "任务的进程中途消失了；现有索引未受影响，请再试一次",
}


@dataclass(frozen=True)
class Job:
    """A job as it stands."""

    id: str
    kind: Kind
    status: Status
    stage: str | None
    """load, segment, embed, index, evaluate or publish; None before the first."""
    done: int
    total: int
    created: str
    finished: str | None
    result: dict[str, Any] | None
    """Of a job that succeeded."""
    problem: dict[str, Any] | None
    """Why it failed, as RFC 9457 has it."""


class Jobs:
    """The jobs of one data folder."""

    def __init__(self, data: Path) -> None:
        """Keep jobs below ``data``."""
        self._home = data.absolute() / "jobs"
        self._begun: list[str] = []

    def folder(self, identity: str) -> Path:
        """Return the folder of a job.

        Raises:
            NotFoundError: there is none of that id.

        """
        folder = self._home / identity
        if not _is_id(identity) or not folder.is_dir():
            raise NotFoundError(f"没有任务 {identity!r}；GET /jobs 列出全部")
        return folder

    def get(self, identity: str) -> Job:
        """Return one job; see `folder`."""
        return _read(self.folder(identity))

    def all(self, kind: Kind | None = None) -> list[Job]:
        """Return the jobs, of one kind or all, newest first."""
        found = []
        for identity in self._ids():
            with suppress(NotFoundError):  # removed since
                found.append(self.get(identity))
        return [job for job in found if kind in (None, job.kind)]

    def _ids(self) -> list[str]:
        if not self._home.is_dir():
            return []
        return sorted(filter(_is_id, (path.name for path in self._home.iterdir())), key=int, reverse=True)

    @contextmanager
    def turn(self, kind: Kind) -> Iterator[Start]:
        """Hold the right to start a job, and yield what starts it; see `_start`.

        Raises:
            BusyError: a job of this kind is running.
            BuildError: the disk refused.

        """
        try:
            self._home.mkdir(parents=True, exist_ok=True)
            with FileLock(self._home / ".lock"):
                for job in self.all(kind):
                    if job.status == "running":
                        raise BusyError(f"任务 {job.id} 正在进行；请等它完成，或先取消它", job.id)
                self._sweep()
                yield lambda request, files=None: self._start(kind, request, files or {})
        except OSError as error:
            raise BuildError(
                f"任务无法写入 {self._home}：{error.strerror or error}；请清理磁盘或检查权限"
            ) from error

    def _sweep(self) -> None:
        """Remove old jobs, and what a server that was killed has left of one."""
        for left in self._home.glob(".new-*"):
            shutil.rmtree(left, ignore_errors=True)
        for identity in self._ids()[KEEP - 1 :]:
            if self.get(identity).status != "running":
                shutil.rmtree(self._home / identity, ignore_errors=True)

    def _start(self, kind: Kind, request: Mapping[str, Any], files: Mapping[str, str]) -> Job:
        """Start a child on ``request``, with ``files`` in its folder."""
        identity = str(1 + max(map(int, self._ids()), default=0))
        aside, folder = self._home / f".new-{identity}", self._home / identity
        aside.mkdir()
        for name, text in files.items():
            (aside / name).write_text(text, "utf-8")
        about = {"id": identity, "kind": kind, "created": now(), "request": request}
        (aside / "job.json").write_text(json.dumps(about, ensure_ascii=False), "utf-8")
        with (aside / "alive").open("w") as alive:
            # The child inherits the lock: from here to its end there is no moment without it.
            fcntl.flock(alive, fcntl.LOCK_EX)
            aside.rename(folder)
            with (folder / "log").open("wb") as log:
                child = subprocess.Popen(  # noqa: S603 – this program itself
                    [sys.executable, "-P", "-m", "api.work", str(folder)],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=[alive.fileno()],
                    # Ctrl-C is for the server. Not a session of its own: Linux shares the processor
                    # evenly among sessions, and nice would count for nothing.
                    process_group=0,
                )
            alive.write(str(child.pid))
        threading.Thread(target=child.wait, daemon=True).start()  # no zombie stays
        self._begun.append(identity)
        return self.get(identity)

    def cancel(self, identity: str) -> Job:
        """Stop a job, if it is running, and wait until it has stopped."""
        folder = self.folder(identity)
        with FileLock(self._home / ".lock"):
            if _read(folder).status == "running":
                (folder / "cancelled").touch()
                self._stop(folder)
        return _read(folder)

    def close(self) -> None:
        """Stop the jobs that were started here."""
        for identity in self._begun:
            with suppress(NotFoundError):
                self.cancel(identity)

    @staticmethod
    def _stop(folder: Path) -> None:
        child = int((folder / "alive").read_text())
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.kill(child, number)
            deadline = time.monotonic() + _GRACE
            while _is_alive(folder) and time.monotonic() < deadline:
                time.sleep(0.05)


def _is_id(name: str) -> bool:
    return name.isascii() and name.isdecimal() and len(name) < 20


def _is_alive(folder: Path) -> bool:
    with (folder / "alive").open() as alive:
        try:
            fcntl.flock(alive, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _record(path: Path) -> dict[str, Any] | None:
    try:
        record: dict[str, Any] = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    return record


def _read(folder: Path) -> Job:
    try:
        about = json.loads((folder / "job.json").read_bytes())
        alive = _is_alive(folder)
        outcome = _record(folder / "outcome.json")  # after looking for life: it is written last
    except FileNotFoundError as error:
        raise NotFoundError(f"没有任务 {folder.name!r}；GET /jobs 列出全部") from error
    progress = _record(folder / "progress.json") or {"stage": None, "done": 0, "total": 0}
    del about["request"]
    return Job(**about, **progress, **(outcome or _without_outcome(folder, alive)))


def _without_outcome(folder: Path, alive: bool) -> dict[str, Any]:
    outcome: dict[str, Any] = {"status": "running", "finished": None, "result": None, "problem": None}
    if alive:
        return outcome
    if (folder / "cancelled").exists():
        return outcome | {"status": "cancelled"}
    return outcome | {"status": "failed", "problem": _GONE}


def request_of(folder: Path) -> tuple[Kind, dict[str, Any]]:
    """Return the kind of a job and what was asked of it, for the child."""
    about = json.loads((folder / "job.json").read_bytes())
    return about["kind"], about["request"]


def report_progress(folder: Path, stage: str, done: int, total: int) -> None:
    """Say how far a job is, for the child."""
    _put({"stage": stage, "done": done, "total": total}, folder / "progress.json")


def report_outcome(
    folder: Path,
    status: Status,
    *,
    result: dict[str, Any] | None = None,
    problem: dict[str, Any] | None = None,
) -> None:
    """Say what came of a job, for the child; the last thing that it does."""
    outcome = {"status": status, "finished": now(), "result": result, "problem": problem}
    _put(outcome, folder / "outcome.json")


def _put(record: dict[str, Any], path: Path) -> None:
    """Write a file of a job in one step; the only writer is its child."""
    aside = path.with_suffix(".new")
    aside.write_text(json.dumps(record, ensure_ascii=False), "utf-8")
    aside.replace(path)
