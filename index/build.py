"""Build a generation aside, and put it in service in one step."""

import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from index import manifest as manifests
from index.document import Document
from index.embedder import Embedder, Vectors
from index.errors import BuildError, SourceError
from index.generation import Contents, Generation
from index.history import ASIDE, KEEP, prune, sweep
from index.lexical import Bm25Index, cut
from index.lock import building
from index.manifest import Manifest
from index.passage import passages_of
from index.segmenter import Segmenter
from index.sentence import split
from index.service import generations, numbers, point_at
from index.source import Problem, load
from index.term import dictionary_of, mine

Progress = Callable[[str, int, int], None]
"""Called with the stage, how much of it is done, and how much there is."""

Judge = Callable[[Generation, Path], dict[str, Any]]
"""Evaluates a candidate, may leave a report in its folder, and says at least whether it ``passed``."""

_BATCH = 256


@dataclass(frozen=True)
class BuildReport:
    """What a build made, and what it had to leave out."""

    generation: int
    published: bool
    """False where the gate held it back; the generation that was in service still is."""
    counts: dict[str, int]
    changes: dict[str, int]
    problems: list[Problem]
    gate: dict[str, Any] | None


def silent(stage: str, done: int, total: int) -> None:
    """Report progress to nobody."""


def read_documents(sources: Iterable[Path], progress: Progress) -> tuple[list[Document], list[Problem]]:
    """Load all sources.

    Raises:
        SourceError: there is nothing to index in them.

    """
    documents: list[Document] = []
    problems: list[Problem] = []
    sources = list(sources)
    for item in load(sources):
        if isinstance(item, Problem):
            problems.append(item)
        elif re.search(r"\w", item.text):
            documents.append(item)
        else:
            problems.append(Problem(item.id, "没有一个字可以引用"))
        progress("load", len(documents), len(documents))
    if not documents:
        found = "；".join(f"{p.source}：{p.reason}" for p in problems[:3]) or "没有 .md .txt .jsonl 文件"
        raise SourceError(
            f"{'、'.join(map(str, sources))} 里没有可以索引的内容（{found}）；请指定文本文件或文件夹"
        )
    return documents, problems


def make_contents(
    documents: Sequence[Document], embedder: Embedder, dictionary: Iterable[str], progress: Progress
) -> Contents:
    """Segment, embed and index documents."""
    segmenter = Segmenter(dictionary)
    terms = mine(documents, segmenter)
    segmenter.extend(dictionary_of(terms, segmenter))
    sentences: list[tuple[int, int, int]] = []
    passages: list[tuple[int, int, int]] = []
    contexts: list[str] = []
    cuts = []
    for number, document in enumerate(documents):
        spans = split(document.text)
        for run in passages_of(document, spans):
            passages.append((number, len(sentences) + run.start, len(sentences) + run.stop))
            contexts.append(document.context_at(spans[run.start].start))
        cuts += [cut(document.text[span.start : span.end], segmenter) for span in spans]
        sentences += [(number, *span) for span in spans]
        progress("segment", number + 1, len(documents))
    runs = [range(first, stop) for _, first, stop in passages]
    context_cuts = [cut(context, segmenter) for context in contexts]
    if embedder.reads_words:
        texts = [
            " ".join(word for part in (context, *cuts[run.start : run.stop]) for word in part.words)
            for context, run in zip(context_cuts, runs, strict=True)
        ]
    else:
        texts = [
            context + "\n" + documents[n].text[sentences[first][1] : sentences[stop - 1][2]]
            for context, (n, first, stop) in zip(contexts, passages, strict=True)
        ]
    vectors = _embed(texts, embedder, progress)
    progress("index", 0, 1)
    lexical = Bm25Index.build(cuts, runs, context_cuts, segmenter)
    progress("index", 1, 1)
    return Contents(
        documents=documents,
        sentences=np.array(sentences, np.int64),
        passages=np.array(passages, np.int64),
        vectors=vectors,
        lexical=lexical,
        terms=terms,
        segmenter=segmenter,
    )


def _embed(texts: Sequence[str], embedder: Embedder, progress: Progress) -> Vectors:
    vectors = np.empty((len(texts), embedder.dimension), np.float32)
    for start in range(0, len(texts), _BATCH):
        stop = min(start + _BATCH, len(texts))
        vectors[start:stop] = embedder.embed_passages(texts[start:stop])
        progress("embed", stop, len(texts))
    return vectors


def write(
    contents: Contents, manifest: Manifest, home: Path, judge: Callable[[Path], dict[str, Any] | None]
) -> Manifest:
    """Write a generation aside, have it judged, and give it its number in one step."""
    home.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=ASIDE, dir=home))
    try:
        contents.save(aside)
        manifest = replace(manifest, gate=judge(aside))
        manifest = replace(manifest, files=manifests.checksums(aside))
        manifests.write(manifest, aside)
        aside.rename(home / str(manifest.generation))
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    manifests.sync(home)
    return manifest


def build(
    sources: Sequence[Path],
    data: Path,
    embedder: Embedder,
    *,
    model: str | None = None,
    dictionary: Sequence[str] = (),
    judge: Judge | None = None,
    keep: int = KEEP,
    note: str = "",
    job: str | None = None,
    progress: Progress = silent,
) -> BuildReport:
    """Build a generation from files and folders and put it in service.

    Whatever happens on the way, the generation that was in service stays so until the last step,
    and that step is one atomic replacement of ``CURRENT``.

    Args:
        model: the name to load ``embedder`` by again; None for the bundled one.
        dictionary: lines of a user dictionary in jieba's form.
        judge: keeps the generation from being published where it does not pass.
        keep: how many generations stay on disk; see `prune`.
        job: what the building is for, told to others who want to build.

    Raises:
        SourceError: there is nothing to index.
        BusyError: another process is building.
        BuildError: the disk refused; the generation that was in service still is.

    """
    try:
        with building(data, job):
            sweep(data)
            documents, problems = read_documents(sources, progress)
            contents = make_contents(documents, embedder, dictionary, progress)
            manifest = Manifest(
                format=manifests.FORMAT,
                generation=1 + max(numbers(data), default=0),
                created=manifests.now(),
                sources=[str(source.absolute()) for source in sources],
                model=model,
                embedder=embedder.name,
                segmenter=contents.segmenter.fingerprint,
                dictionary=len(dictionary),
                counts=contents.counts,
                note=note,
                files={},
            )

            def judged(folder: Path) -> dict[str, Any] | None:
                return judge(Generation(manifest, contents, embedder), folder) if judge else None

            manifest = write(contents, manifest, generations(data), judged)
            progress("publish", 0, 1)
            if manifest.passed:
                point_at(manifest.generation, data)
            prune(data, keep)
            progress("publish", 1, 1)
    except OSError as error:
        raise BuildError(
            f"索引无法写入 {data}：{error.strerror or error}；原有索引未受影响；"
            "请清理磁盘、检查权限，或用 --data 换一个位置"
        ) from error
    return BuildReport(
        generation=manifest.generation,
        published=manifest.passed,
        counts=manifest.counts,
        changes=manifest.changes,
        problems=problems,
        gate=manifest.gate,
    )
