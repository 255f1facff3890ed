"""Build again whenever a source changes."""

from collections.abc import Callable
from pathlib import Path

from rich.markup import escape

from api.console import err
from index.errors import ChuchuError, SettingError
from index.reader import SUFFIXES
from index.recorded import recorded
from index.source import is_address

_QUIET = 500
"""Milliseconds without a change before a build begins."""
_LONGEST = 10_000
"""Milliseconds after which it begins though changes go on."""


def watch(data: Path, build: Callable[[], None]) -> None:
    """Call ``build`` after each change of the recorded files and folders, until interrupted.

    A build that fails is told; the next change is waited for.

    Raises:
        SettingError: there is no file and no folder to watch.

    """
    from watchfiles import watch as changes_of  # only where there is something to watch

    paths = [Path(one) for one in recorded(data).sources if not is_address(one) and Path(one).exists()]
    if not paths:
        raise SettingError("来源里没有可以守着的文件或文件夹；请去掉 --watch")
    err.print(f"守着 {escape('、'.join(map(str, paths)))}，按 Ctrl-C 停止")
    matters = _matters(data.absolute())
    for _ in changes_of(
        *paths,
        watch_filter=lambda _, path: matters(Path(path)),
        debounce=_LONGEST,
        step=_QUIET,
        raise_interrupt=False,
        ignore_permission_denied=True,
    ):
        try:
            build()
        except ChuchuError as error:
            err.print(f"[red]错误[/] {escape(str(error))}")


def _matters(data: Path) -> Callable[[Path], bool]:
    """Tell which paths can change an index: not those that building itself writes."""

    def matters(path: Path) -> bool:
        if path.is_relative_to(data / "generations") or path.name.startswith("."):
            return False
        return path.suffix.lower() in SUFFIXES or path.name.endswith(".meta.json") or path.is_dir()

    return matters
