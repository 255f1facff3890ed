"""What a generation is made of, and the proof that its files are whole."""

import hashlib
import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from xxhash import xxh3_128

from index.errors import DamagedError, FormatError

FORMAT = 8
NAME = "manifest.json"
_LARGE = 1 << 24
"""Bytes from which on a file is worth a thread of its own."""
_REMEDY = "请运行 chuchu build 重建"


@dataclass(frozen=True)
class Manifest:
    """The last file written into a generation; without it the folder counts for nothing."""

    format: int
    generation: int
    created: str
    sources: list[str]
    model: str | None
    """The sentence-transformers model asked for; None is the bundled one."""
    embedder: str
    segmenter: str
    counts: dict[str, int]
    files: dict[str, dict[str, int | str]]
    """Size and digest of each file, by its path in the generation; see `digest_of`."""
    program: str = ""
    """Names the program that read and cut; see `index.reuse.program`."""
    dictionary: int = 0
    """How many of the first lines of its dictionary are the user's."""
    changes: dict[str, int] = field(default_factory=dict)
    """Documents added, edited, renamed, removed and kept, against the generation in service before."""
    before: int = 0
    """The generation in service when it was built; 0 where there was none, or that is not known."""
    gate: dict[str, Any] | None = None
    """What an evaluation found before publication; ``passed`` says whether that was enough."""
    note: str = ""
    dense: dict[str, Any] = field(default_factory=dict)
    """How the vectors are searched, and what share of the best 100 that finds."""

    store: dict[str, Any] = field(default_factory=lambda: {"kind": "local"})
    """Where the passages lie: in these files, or in the ``collection`` of a cluster, in so many ``rows``."""

    @property
    def passed(self) -> bool:
        """Whether no gate held it back."""
        return self.gate is None or bool(self.gate["passed"])


def now() -> str:
    """Return the time in UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _files(folder: Path) -> list[Path]:
    """Return all but the manifest, the largest first: threads that share them end at about the same time."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and path != folder / NAME)
    return sorted(found, key=lambda path: path.stat().st_size, reverse=True)


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_of(path: Path) -> str:
    """Return the XXH3 of a file, 128 bits in hexadecimal.

    It tells what was damaged or mixed up as surely as a cryptographic hash, at the speed of memory; like
    any digest that lies beside what it is of, it guards against accidents only.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, xxh3_128).hexdigest()


def sync(path: Path) -> None:
    """Have the disk keep what was written to a file or folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _digests(paths: Sequence[Path]) -> list[str]:
    """Return the digest of each file; only large ones at once, as threads that share small ones wait."""
    with ThreadPoolExecutor() as threads:
        large = {path: threads.submit(digest_of, path) for path in paths if path.stat().st_size > _LARGE}
        return [large[path].result() if path in large else digest_of(path) for path in paths]


def checksums(folder: Path) -> dict[str, dict[str, int | str]]:
    """Sync the files below ``folder`` and return their sizes and hashes."""
    paths = _files(folder)
    with ThreadPoolExecutor() as threads:
        synced = threads.map(sync, paths)
        return {
            path.relative_to(folder).as_posix(): {"size": path.stat().st_size, "digest": digest}
            for path, digest, _ in zip(paths, _digests(paths), synced, strict=True)
        }


def _seal(record: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()


def write(manifest: Manifest, folder: Path) -> None:
    """Write the manifest, and have the disk keep it."""
    path = folder / NAME
    record = asdict(manifest)
    path.write_text(json.dumps({**record, "sha256": _seal(record)}, ensure_ascii=False, indent=1), "utf-8")
    with ThreadPoolExecutor() as threads:
        list(threads.map(sync, (path, *(p for p in folder.rglob("*") if p.is_dir()), folder)))


def peek(folder: Path) -> Manifest:
    """Read the manifest of a generation; its files are not looked at.

    Raises:
        DamagedError: the manifest is missing, or not what was written there.
        FormatError: the generation was written in another format.

    """
    name = f"第 {folder.name} 代索引"
    try:
        record = json.loads((folder / NAME).read_text("utf-8"))
        version = record["format"]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise DamagedError(f"{name}的 {NAME} 缺失或无法读取；{_REMEDY}") from error
    if version != FORMAT:
        raise FormatError(f"{name}的格式是 {version}，本版本只读格式 {FORMAT}；{_REMEDY}")
    if record.pop("sha256", None) != _seal(record) or str(record["generation"]) != folder.name:
        raise DamagedError(f"{name}的 {NAME} 与写入时不符；{_REMEDY}")
    return Manifest(**record)


def read(folder: Path, needed: Sequence[str] = ("*",)) -> Manifest:
    """Read the manifest of a generation and check each file against it.

    Args:
        needed: patterns of the files that have to be there.

    Raises:
        DamagedError: the manifest is missing or unreadable, or a file does not fit it.
        FormatError: the generation was written in another format.

    """
    name = f"第 {folder.name} 代索引"
    manifest = peek(folder)

    wanted = [path for path in manifest.files if any(fnmatchcase(path, one) for one in needed)]
    files = [folder / path for path in wanted]
    for path, file in zip(wanted, files, strict=True):
        if not file.is_file():
            raise DamagedError(f"{name}缺少文件 {path}；{_REMEDY}")
    for path, file, digest in zip(wanted, files, _digests(files), strict=True):
        if {"size": file.stat().st_size, "digest": digest} != manifest.files[path]:
            raise DamagedError(f"{name}的文件 {path} 与写入时不符；{_REMEDY}")
    return manifest
