"""Read all sources, and keep the last good text of those that cannot be read any more."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from index.documents import Documents, Record, Shelf, Unchanged
from index.errors import SourceError
from index.generation import Contents
from index.manifest import Manifest
from index.progress import Progress
from index.reader import Problem
from index.reuse import program
from index.source import Known, Source, address_of, holds, load

Before = tuple[Manifest, Contents]


@dataclass(frozen=True)
class Reading:
    """What is to be indexed."""

    documents: Documents
    changes: dict[str, int]
    """Documents added, edited, renamed, removed, and kept though their source is gone or unreadable."""
    problems: list[Problem]


def read_documents(
    sources: Sequence[Source],
    before: Before | None,
    folder: Path,
    progress: Progress,
    *,
    drop_missing: bool = False,
    full: bool = False,
    allow_private: bool = False,
) -> Reading:
    """Load all sources.

    Args:
        before: the generation before.
        folder: where the documents are put down.
        drop_missing: whether documents of it go whose sources vanished or cannot be read any more.
        full: whether files are read again that are as they were.
        allow_private: whether pages may lie in private networks and on this machine.

    Raises:
        SourceError: there is nothing to index in them.

    """
    problems: list[Problem] = []
    recorded = before[0].sources if before else []
    old = before[1].documents if before else Documents.none()
    shelf = Shelf(folder, old)
    records = old.records()
    known = _nothing if full or before is None else _known(before[0], records)
    for item in load(sources, known, recorded, allow_private):
        if isinstance(item, Problem):
            problems.append(item)
            continue
        if isinstance(item, Unchanged):
            shelf.take_over(item)
        else:
            shelf.add(item)
        progress("load", len(shelf.records), len(shelf.records))
    read = list(shelf.records)
    missing = [] if drop_missing else _missing([address_of(source) for source in sources], records, read)
    if not read and not missing:
        found = "；".join(f"{p.source}：{p.reason}" for p in problems[:3]) or "没有可读的文件"
        raise SourceError(
            f"{'、'.join(map(str, sources))} 里没有可以索引的内容（{found}）；请指定文本文件或文件夹"
        )
    for number in missing:
        kept = replace(old.read(number), raw="")  # it is not all of its file
        problems.append(
            Problem(kept.origin, f"文档 {kept.id} 读不到了，沿用上次的文字；--drop-missing 去掉它")
        )
        shelf.add(kept)
    changes = _changes(records, shelf.records) | {"kept": len(missing)}
    return Reading(shelf.close(), changes, problems)


def _nothing(origin: str, raw: str) -> Sequence[Unchanged]:
    return ()


def _known(manifest: Manifest, records: Sequence[Record]) -> Known:
    """Find the documents of files that were read whole by this very program."""
    if manifest.program != program():
        return _nothing
    found: dict[tuple[str, str], list[Unchanged]] = defaultdict(list)
    for number, record in enumerate(records):
        if record.raw:
            found[record.origin, record.raw].append(Unchanged(number, record))
    return lambda origin, raw: found.get((origin, raw), ())


def _missing(sources: Sequence[str], old: Sequence[Record], now: Sequence[Record]) -> list[int]:
    """Return the numbers of documents to keep: their file is gone or was not read whole.

    A file that went and came back under another name is not missing.
    """
    ids, whole = {one.id for one in now}, {one.origin for one in now if one.raw}
    moved = Counter(one.sha256 for one in now) - Counter(one.sha256 for one in old if one.id in ids)
    missing = []
    for number, one in enumerate(old):
        if one.id not in ids and one.origin not in whole and any(holds(s, one.origin) for s in sources):
            if moved[one.sha256]:
                moved[one.sha256] -= 1
            else:
                missing.append(number)
    return missing


def _changes(old: Sequence[Record], now: Sequence[Record]) -> dict[str, int]:
    before, after = {one.id: one for one in old}, {one.id: one for one in now}
    gone = Counter(before[name].sha256 for name in before.keys() - after.keys())
    come = Counter(after[name].sha256 for name in after.keys() - before.keys())
    renamed = (gone & come).total()
    edited = sum(before[name].sha256 != after[name].sha256 for name in before.keys() & after.keys())
    return {
        "added": come.total() - renamed,
        "edited": edited,
        "renamed": renamed,
        "removed": gone.total() - renamed,
    }
