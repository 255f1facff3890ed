"""Build again whenever a source changes."""

import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Event
from types import FrameType

from rich.markup import escape

from api.console import err
from index.errors import BusyError, ChuchuError, SettingError
from index.reader import SUFFIXES
from index.recorded import recorded
from index.source import is_address

_QUIET = 500
"""Milliseconds without a change before a build begins."""
_LONGEST = 10_000
"""Milliseconds after which it begins though changes go on."""
_LOOK = 1000
"""Milliseconds between looks at whether the sources are still the same files and folders."""


def watch(data: Path, build: Callable[[], None]) -> None:
    """Call ``build`` after each change of the recorded files and folders, until interrupted.

    A build that fails is told, and the next change waited for; while another process builds, this one waits.
    The first interrupt lets a build end.

    Raises:
        SettingError: there is no file and no folder to watch.

    """
    sources = [Path(one) for one in recorded(data).sources if not is_address(one)]
    if not _present(sources):
        raise SettingError("来源里没有可以守着的文件或文件夹；请去掉 --watch")
    names = escape("、".join(map(str, _present(sources))))
    err.print(f"守着 {names}，按 Ctrl-C 停止（正在建的先建完，再按一次则不等）")
    waiting = False
    for changes in _changes(sources, data.absolute(), _interrupted()):
        if not (changes or waiting):
            continue
        try:
            build()
        except BusyError as error:  # who builds may have read the sources before they changed
            if not waiting:
                err.print(f"[yellow]等候[/] {escape(str(error))}")
            waiting = True
            continue
        except ChuchuError as error:
            err.print(f"[red]错误[/] {escape(str(error))}")
        waiting = False


def _interrupted() -> Event:
    """Return what the first Ctrl-C sets; the second raises.

    An exception is lost, and its traceback shown, where Python calls by itself, as from a weak reference.
    """
    stop = Event()

    def interrupt(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        stop.set()

    signal.signal(signal.SIGINT, interrupt)
    return stop


def _changes(sources: Sequence[Path], data: Path, stop: Event) -> Iterator[bool]:
    """Yield at each look whether something has changed.

    What was put in the place of a source, as editors do, is watched in turn.
    """
    from watchfiles import watch as changes_of  # only where there is something to watch

    matters, due = _matters(data), False
    while True:
        present = _present(sources)
        for changes in changes_of(
            *(present or [data]),  # until a source is there again
            watch_filter=lambda _, path: matters(Path(path)),
            debounce=_LONGEST,
            step=_QUIET,
            stop_event=stop,
            rust_timeout=_LOOK,
            yield_on_timeout=True,
            raise_interrupt=False,
            ignore_permission_denied=True,
        ):
            if _present(sources) != present:
                due = True
                break
            yield bool(changes) or due
            due = False
        else:
            return


def _present(sources: Sequence[Path]) -> dict[Path, int]:
    """Return the sources that are there, each with what tells it from another of its name."""
    return {source: source.stat().st_ino for source in sources if source.exists()}


def _matters(data: Path) -> Callable[[Path], bool]:
    """Tell which paths can change an index: not those that chuchu or Word write on the way."""

    def matters(path: Path) -> bool:
        own = any(path.is_relative_to(data / name) for name in ("generations", "jobs"))
        if own or path.name.startswith((".", "~$")):
            return False
        if path.is_file():
            return path.suffix.lower() in SUFFIXES or path.name.endswith(".meta.json")
        return True  # a folder, or what may have been one

    return matters
