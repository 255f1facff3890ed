"""Open a generation whole, from its files or from a cluster, or not at all."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from index.cluster import Cluster
from index.embedder import embedder_of
from index.errors import ClusterError, DamagedError, FormatError, NoIndexError, StorageError
from index.generation import Contents, Generation
from index.history import check_number, earlier
from index.manifest import Manifest
from index.milvus import MilvusStore
from index.segmenter import Entry, Segmenter
from index.service import current, generations
from index.store import Store
from index.term import Term

T = TypeVar("T")


def check(data: Path, cluster: Cluster | None = None) -> Manifest:
    """Check every file of the generation that `open_serving` would open; return its manifest.

    Raises:
        NoIndexError: nothing has been built.
        DamagedError: its files are not what was written.
        FormatError: it was written in another format.
    """
    return _first_good(data, lambda number: check_number(number, data, cluster))[0]


def _first_good(data: Path, read: Callable[[int], T]) -> tuple[T, str | None]:
    """Read the generation in service, else the newest good one before it, with a warning."""
    try:
        return read(current(data)), None
    except ClusterError:
        raise  # it would not answer for another generation either
    except StorageError as error:
        for number in earlier(data):
            try:
                return read(number), f"{error}；暂以第 {number} 代索引作答"
            except StorageError:
                continue
        raise


def open_serving(data: Path, cluster: Cluster | None = None) -> tuple[Generation, str | None]:
    """Open the generation in service, or where it cannot be served the good one before it.

    Args:
        cluster: reads the passages from there.

    Returns:
        the generation, and a warning where it is not the one that was asked for.

    Raises:
        NoIndexError: nothing has been built.
        StorageError: neither that generation nor an earlier one can be served.

    """
    return _first_good(data, lambda number: open_number(number, data, cluster))


def open_number(number: int, data: Path, cluster: Cluster | None = None) -> Generation:
    """Open one generation, in service or not; see `open_serving`."""
    manifest, contents = _open(number, data, cluster) if cluster else open_contents(number, data)
    embedder = embedder_of(manifest.embedder, manifest.model)
    if embedder.name != manifest.embedder:
        raise FormatError(
            f"第 {number} 代索引的向量来自 {manifest.embedder}，不是 {embedder.name}；"
            "请运行 chuchu build 重建"
        )
    return Generation(manifest, contents, embedder)


def _open(number: int, data: Path, cluster: Cluster) -> tuple[Manifest, Store]:
    """Read what is small of one generation, and the rest from a cluster as it is asked for."""
    manifest = check_number(number, data, cluster)
    folder = generations(data) / str(number)
    with _readable(number):
        segmenter, terms = _read_segmenter(folder), _read_terms(folder)
        store = MilvusStore(folder, manifest, cluster, segmenter, terms)
    _require_same_segmenter(segmenter, manifest)
    return manifest, store


def open_contents(number: int, data: Path) -> tuple[Manifest, Contents]:
    """Read one generation from its files, without its embedder; see `open_serving`."""
    manifest = check_number(number, data)
    with _readable(number):
        contents = _read_contents(generations(data) / str(number))
    if contents.counts != manifest.counts:
        raise DamagedError(f"第 {number} 代索引的内容与清单不符；请运行 chuchu build 重建")
    _require_same_segmenter(contents.segmenter, manifest)
    return manifest, contents


@contextmanager
def _readable(number: int) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise DamagedError(f"第 {number} 代索引无法读取；请运行 chuchu build 重建") from error


def _require_same_segmenter(segmenter: Segmenter, manifest: Manifest) -> None:
    if segmenter.fingerprint != manifest.segmenter:
        raise FormatError(
            f"第 {manifest.generation} 代索引由 {manifest.segmenter} 分词，不是 {segmenter.fingerprint}；"
            "请运行 chuchu build 重建"
        )


def last_good(data: Path) -> tuple[Manifest, Contents] | None:
    """Read the generation that `open_serving` would open; None where there is none."""
    try:
        return _first_good(data, lambda number: open_contents(number, data))[0]
    except (NoIndexError, StorageError):
        return None


def _read_segmenter(folder: Path) -> Segmenter:
    return Segmenter.restore(map(Entry._make, _records(folder / "dictionary.json")))


def _read_terms(folder: Path) -> list[Term]:
    return list(map(Term, *_records(folder / "terms.json")))


def _read_contents(folder: Path) -> Contents:
    return Contents.load(folder, _read_terms(folder), _read_segmenter(folder))


def _records(path: Path) -> Any:
    return json.loads(path.read_bytes())
