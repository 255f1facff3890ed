"""The generations on disk: list them, go back to one, remove old ones."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index import manifest as manifests
from index.cluster import Cluster
from index.errors import DamagedError, NoIndexError, NotFoundError, StorageError
from index.manifest import Manifest
from index.milvus import FILES
from index.service import current, generations, numbers, point_at

KEEP = 10
"""Generations that a build leaves on disk."""

ASIDE = ".building-"
_PRUNED = ".pruned-"


@dataclass(frozen=True)
class Entry:
    """What is known of one generation without opening it."""

    number: int
    created: str
    in_service: bool
    published: bool
    """False where the gate held it back."""
    counts: dict[str, int]
    changes: dict[str, int]
    """Documents added, edited, renamed, removed and kept, against the generation in service before."""
    gate: dict[str, Any] | None
    bytes: int
    note: str
    problem: str | None
    """Why its manifest cannot be read."""


def history(data: Path) -> list[Entry]:
    """Return all generations, newest first; their files are not checked."""
    serving = _serving(data)
    return [_entry(number, data, serving) for number in reversed(numbers(data))]


def _serving(data: Path) -> int | None:
    try:
        return current(data)
    except (NoIndexError, StorageError):
        return None


def _entry(number: int, data: Path, serving: int | None) -> Entry:
    folder = generations(data) / str(number)
    try:
        manifest, problem = manifests.peek(folder), None
    except StorageError as error:
        manifest, problem = None, str(error)
    in_service = number == serving
    return Entry(
        number=number,
        created=manifest.created if manifest else "",
        in_service=in_service,
        published=manifest is not None and (in_service or manifest.passed),
        counts=manifest.counts if manifest else {},
        changes=manifest.changes if manifest else {},
        gate=manifest.gate if manifest else None,
        bytes=sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()),
        note=manifest.note if manifest else "",
        problem=problem,
    )


def earlier(data: Path) -> list[int]:
    """Return the published generations before the one in service, newest first.

    Those that it was built after come before those that somebody had gone back from by then.
    """
    serving = _serving(data)
    found = [
        entry.number
        for entry in history(data)
        if entry.published and not entry.in_service and (serving is None or entry.number < serving)
    ]
    line = _line(serving or 0, data)
    return sorted(found, key=lambda number: number not in line)


def _line(number: int, data: Path) -> set[int]:
    """Return the generations that were in service when a generation was built, and they in turn."""
    line: set[int] = set()
    while number:
        try:
            number = manifests.peek(generations(data) / str(number)).before
        except StorageError:
            break
        line.add(number)
    return line


def check_number(number: int, data: Path, cluster: Cluster | None = None) -> Manifest:
    """Check what a generation needs to be served, from its files or from a cluster; return its manifest.

    Raises:
        ClusterError: the cluster refuses, or does not answer.
        DamagedError: its files, or the rows in the cluster, are not what was written.
        FormatError: it was written in another format, or not to a cluster.

    """
    folder = generations(data) / str(number)
    if cluster is None:
        return _whole(folder)
    manifest = manifests.read(folder, FILES)
    cluster.open(manifest.store, f"第 {number} 代索引")
    return manifest


def _whole(folder: Path) -> Manifest:
    try:
        return manifests.read(folder)
    except DamagedError as error:
        if not _collection(folder):
            raise
        raise DamagedError(
            f"{error}；它的段落也在 Milvus 里：要从那里作答，请设置 CHUCHU_STORE=milvus"
        ) from error


def rollback(data: Path, number: int | None = None, cluster: Cluster | None = None) -> int:
    """Put an earlier generation in service, once all of it is checked; return its number.

    Args:
        number: also one that its gate held back; None for the published one before the one in service.
        cluster: holds the passages.

    Raises:
        NotFoundError: there is no such generation.
        StorageError: it is damaged, or the disk or the cluster refused.

    """
    if number is None:
        before = earlier(data)
        if not before:
            raise NotFoundError("没有更早的一代索引可以退回；chuchu generations 列出全部")
        number = before[0]
    if number not in numbers(data):
        raise NotFoundError(f"没有第 {number} 代索引；chuchu generations 列出全部")
    check_number(number, data, cluster)
    try:
        point_at(number, data)
    except OSError as error:
        raise StorageError(f"无法写入 {data}：{error.strerror or error}；请检查磁盘与权限") from error
    return number


def prune(data: Path, keep: int = KEEP, cluster: Cluster | None = None, spared: str = "") -> list[int]:
    """Remove all but the newest ``keep`` generations, 1 or more; return the numbers removed, ascending.

    The one in service stays. Those that a gate held back are counted by themselves, so that they push
    no published one out. A cluster drops the collections that are named no more, and keeps in memory
    the one in service and the one ``spared``, which some may still answer from.
    """
    entries = history(data)
    kept = [entry.number for entry in entries if entry.published][:keep]
    kept += [entry.number for entry in entries if not entry.published][:keep]
    old = sorted(entry.number for entry in entries if entry.number not in kept and not entry.in_service)
    for number in old:
        _remove(generations(data), number)
    if cluster is not None:
        awake = {spared, serving_collection(data)}
        cluster.tidy(data, named={*collections(data), *awake}, awake=awake)
    return old


def collections(data: Path) -> set[str]:
    """Return the collections that the generations on disk name, also such as cannot be read any more."""
    return {_collection(generations(data) / str(number)) for number in numbers(data)}


def serving_collection(data: Path) -> str:
    """Return the collection that the generation in service names; empty where there is none."""
    serving = _serving(data)
    return "" if serving is None else _collection(generations(data) / str(serving))


def _collection(folder: Path) -> str:
    try:
        return str(json.loads((folder / manifests.NAME).read_bytes())["store"].get("collection", ""))
    except (OSError, ValueError, LookupError, TypeError):
        return ""


def _remove(home: Path, number: int) -> None:
    aside = home / f"{_PRUNED}{number}"  # in one step out of sight, then away
    (home / str(number)).rename(aside)
    _clear(aside)


def _clear(folder: Path) -> None:
    """Remove a folder and what of it can be; many files at once, as each waits for the disk."""
    with ThreadPoolExecutor() as threads:
        list(threads.map(_unlink, [path for path in folder.rglob("*") if not path.is_dir()]))
    shutil.rmtree(folder, ignore_errors=True)


def _unlink(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


def sweep(data: Path) -> None:
    """Remove what builds that were killed have left; for the only builder."""
    home = generations(data)
    for left in (*home.glob(f"{ASIDE}*"), *home.glob(f"{_PRUNED}*")):
        _clear(left)
    for left in data.glob(".CURRENT-*"):
        left.unlink(missing_ok=True)


def newest(data: Path) -> Manifest | None:
    """Return the manifest of the generation in service, else of the newest that can be read."""
    serving = _serving(data)
    for number in [*([serving] if serving else []), *reversed(numbers(data))]:
        try:
            return manifests.peek(generations(data) / str(number))
        except StorageError:
            continue
    return None
