"""Run programs on chosen processor cores, and ask the system what they use."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from time import perf_counter
from typing import NamedTuple

import psutil

from benchmarks.speed.load import wait_for

CHUCHU = [sys.executable, "-c", "from api.cli import main; main()"]
ROOT = Path(__file__).parents[2]
CORES = sorted(os.sched_getaffinity(0))
_MEGABYTE = 1 << 20


def pinned(cores: Sequence[int]) -> Callable[[], None]:
    """Return what a child process is to do first to stay on ``cores``."""
    return lambda: os.sched_setaffinity(0, cores)


class Finished(NamedTuple):
    """A program that has ended."""

    seconds: float
    megabytes: float
    """The most that it and its children held in memory at once; pages that they share count once."""
    output: str


def run(words: Sequence[str], cores: Sequence[int] = CORES, watched: bool = False) -> Finished:
    """Run a program to its end; ``watched`` looks at its memory ten times a second.

    Raises:
        subprocess.CalledProcessError: it failed.

    """
    begun = perf_counter()
    with subprocess.Popen(  # noqa: S603
        words, stdout=subprocess.PIPE, text=True, cwd=ROOT, preexec_fn=pinned(cores)
    ) as process:
        with _watching(process.pid, watched) as most:
            output, _ = process.communicate()
        seconds = perf_counter() - begun
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, words, output)
    return Finished(seconds, max(most, default=0.0), output)


@contextmanager
def _watching(process: int, watched: bool) -> Iterator[list[float]]:
    seen: list[float] = []
    over = Event()

    def watch() -> None:
        while not over.wait(0.1):
            seen.append(memory(process))

    thread = Thread(target=watch)
    if watched:
        thread.start()
    try:
        yield seen
    finally:
        over.set()
        if watched:
            thread.join()


def memory(process: int) -> float:
    """Return the megabytes that a process and its children hold, shared pages once (PSS)."""
    try:
        root = psutil.Process(process)
        family = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0.0
    return sum(map(_proportional, family))


def _proportional(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().pss) / _MEGABYTE
    except psutil.Error:
        return 0.0


def resident(process: int) -> float:
    """Return the megabytes of one process that are in memory (RSS)."""
    return float(psutil.Process(process).memory_info().rss) / _MEGABYTE


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Server(NamedTuple):
    """A server that runs."""

    address: str
    process: int


@contextmanager
def served(words: Sequence[str], path: str, cores: Sequence[int]) -> Iterator[Server]:
    """Run a server program with ``--port`` and wait until ``path`` is answered."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(  # noqa: S603
        [*words, "--port", str(port)], cwd=ROOT, preexec_fn=pinned(cores), stdout=subprocess.DEVNULL
    )
    try:
        wait_for(address + path)
        yield Server(address, process.pid)
    finally:
        process.terminate()
        process.wait(20)
