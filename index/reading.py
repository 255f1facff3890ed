"""Read all sources, and keep the last good text of those that cannot be read any more."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from index.document import Document
from index.errors import SourceError
from index.generation import Contents
from index.manifest import Manifest
from index.progress import Progress
from index.reuse import program
from index.source import Problem, Source, address_of, holds, load

Before = tuple[Manifest, Contents]


@dataclass(frozen=True)
class Reading:
    """What is to be indexed."""

    documents: list[Document]
    changes: dict[str, int]
    """Documents added, edited, renamed, removed, and kept though their source is gone or unreadable."""
    problems: list[Problem]


def read_documents(
    sources: Sequence[Source],
    before: Before | None,
    progress: Progress,
    *,
    drop_missing: bool = False,
    full: bool = False,
    allow_private: bool = False,
) -> Reading:
    """Load all sources.

    Args:
        before: the generation before.
        drop_missing: whether documents of it go whose sources vanished or cannot be read any more.
        full: whether files are read again that are as they were.
        allow_private: whether pages may lie in private networks and on this machine.

    Raises:
        SourceError: there is nothing to index in them.

    """
    documents: list[Document] = []
    problems: list[Problem] = []
    recorded = before[0].sources if before else []
    for item in load(sources, {} if full else _known(before), recorded, allow_private):
        if isinstance(item, Problem):
            problems.append(item)
        else:
            documents.append(item)
            progress("load", len(documents), len(documents))
    old = before[1].documents if before else ()
    kept = [] if drop_missing else _missing([address_of(source) for source in sources], old, documents)
    if not documents and not kept:
        found = "；".join(f"{p.source}：{p.reason}" for p in problems[:3]) or "没有可读的文件"
        raise SourceError(
            f"{'、'.join(map(str, sources))} 里没有可以索引的内容（{found}）；请指定文本文件或文件夹"
        )
    problems += [
        Problem(one.origin, f"文档 {one.id} 读不到了，沿用上次的文字；--drop-missing 去掉它") for one in kept
    ]
    documents += kept
    return Reading(documents, _changes(old, documents) | {"kept": len(kept)}, problems)


def _known(before: Before | None) -> dict[tuple[str, str], list[Document]]:
    """Return the documents of files that were read whole by this very program."""
    known: dict[tuple[str, str], list[Document]] = defaultdict(list)
    if before and before[0].program == program():
        for document in before[1].documents:
            if document.raw:
                known[document.origin, document.raw].append(document)
    return known


def _missing(sources: Sequence[str], old: Sequence[Document], now: Sequence[Document]) -> list[Document]:
    """Return the documents that nothing says are to go: their file is gone or was not read whole.

    A file that went and came back under another name is not missing.
    """
    ids, whole = {one.id for one in now}, {one.origin for one in now if one.raw}
    moved = Counter(one.sha256 for one in now) - Counter(one.sha256 for one in old if one.id in ids)
    missing = []
    for one in old:
        if one.id not in ids and one.origin not in whole and any(holds(s, one.origin) for s in sources):
            if moved[one.sha256]:
                moved[one.sha256] -= 1
            else:
                missing.append(replace(one, raw=""))  # it is not all of its file
    return missing


def _changes(old: Sequence[Document], now: Sequence[Document]) -> dict[str, int]:
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
