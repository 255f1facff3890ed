"""Build a generation aside, and put it in service in one step."""

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from index import manifest as manifests
from index.codes import codes_of
from index.crew import mine_all, segment_all
from index.document import Document
from index.documents import Documents
from index.embedder import Embedder, Vectors
from index.errors import BuildError
from index.field import Field, Numbered
from index.generation import Contents, Generation, last_good
from index.history import ASIDE, KEEP, prune, sweep
from index.lexical import Bm25Index
from index.lock import building
from index.manifest import Manifest
from index.mined import merge
from index.progress import Progress as Progress
from index.progress import silent as silent
from index.reading import read_documents
from index.reuse import Reuse, program, reuse_of
from index.segmented import Cutter, Segmented
from index.segmenter import Segmenter
from index.service import generations, numbers, point_at
from index.source import Problem, Source, address_of
from index.store import Rows
from index.term import Term

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


def make_contents(
    documents: Sequence[Document],
    embedder: Embedder,
    dictionary: Sequence[str],
    progress: Progress,
    reuse: Reuse | None = None,
) -> Contents:
    """Segment, embed and index documents; what comes out does not depend on ``reuse``."""
    segmenter = Segmenter(dictionary)
    reuse = reuse or Reuse(Contents.nothing(segmenter), 0, vectors=False)
    terms, mined = _mine(documents, segmenter, reuse)
    reuse.extend(segmenter, reuse.dictionary_of(terms, segmenter))
    cutter = reuse.cutter(segmenter)
    known = [reuse.segmented(document, cutter) for document in documents]
    new = [document for document, one in zip(documents, known, strict=True) if one is None]
    cut = segment_all(new, cutter, segmenter, embedder)
    segmented = []
    for number, one in enumerate(known, start=1):
        segmented.append(one or next(cut))
        progress("segment", number, len(documents))
    cut.close()
    vectors = _embed(documents, segmented, cutter, embedder, progress)
    progress("index", 0, 1)
    sentences, passages = _rows(segmented)
    owners = np.repeat(np.arange(len(passages)), passages[:, 2] - passages[:, 1])
    lexical = Bm25Index(
        Field.build(cutter.words, Numbered.join([one.words for one in segmented]), owners),
        Field.build(cutter.bigrams, Numbered.join([one.bigrams for one in segmented]), owners),
        segmenter,
    )
    codes = codes_of(vectors)
    progress("index", 1, 1)
    return Contents(
        Documents.of(documents), sentences, passages, vectors, codes, lexical, terms, mined, segmenter
    )


def _mine(documents: Sequence[Document], segmenter: Segmenter, reuse: Reuse) -> tuple[list[Term], Rows]:
    numbers = reuse.term_numbers()
    known = [reuse.mined(document) for document in documents]
    new = [document for document, one in zip(documents, known, strict=True) if one is None]
    found = iter(mine_all(new, segmenter))
    return merge(numbers, [numbers.of(next(found)) if one is None else one for one in known])


def _rows(segmented: Sequence[Segmented]) -> tuple[Rows, Rows]:
    """Return the sentences and the passages of all documents; see `Contents`."""
    sentences, passages, first = [], [], 0
    for number, one in enumerate(segmented):
        sentences.append(np.insert(one.sentences, 0, number, axis=1))
        passages.append(np.insert(one.passages + first, 0, number, axis=1))
        first += len(one.sentences)
    return np.concatenate(sentences), np.concatenate(passages)


def _embed(
    documents: Sequence[Document],
    segmented: Sequence[Segmented],
    cutter: Cutter,
    embedder: Embedder,
    progress: Progress,
) -> Vectors:
    """Embed the passages whose vectors are not known, all in one go."""
    vectors = np.empty((sum(len(one.passages) for one in segmented), embedder.dimension), np.float32)
    names = list(cutter.words)
    rows: list[int] = []
    texts: list[str] = []
    first = 0
    for document, one in zip(documents, segmented, strict=True):
        last = first + len(one.passages)
        if one.vectors is not None:
            vectors[first:last] = one.vectors
        for number in range(len(one.passages)) if one.vectors is None else one.stale:
            rows.append(first + number)
            words = [names[word] for word in one.words_of(number)] if embedder.reads_words else None
            texts.append(one.text_of(number, document) if words is None else " ".join(words))
        first = last
    for start in range(0, len(texts), _BATCH):
        stop = min(start + _BATCH, len(texts))
        vectors[rows[start:stop]] = embedder.embed_passages(texts[start:stop])
        progress("embed", len(vectors) - len(texts) + stop, len(vectors))
    progress("embed", len(vectors), len(vectors))
    return vectors


def _in_memory(before: tuple[Manifest, Contents] | None) -> tuple[Manifest, Contents] | None:
    """Read all documents of a generation, each once."""
    if before is None:
        return None
    manifest, contents = before
    return manifest, replace(contents, documents=Documents.of(list(contents.documents)))


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
    sources: Sequence[Source],
    data: Path,
    embedder: Embedder,
    *,
    model: str | None = None,
    dictionary: Sequence[str] = (),
    judge: Judge | None = None,
    keep: int = KEEP,
    drop_missing: bool = False,
    full: bool = False,
    allow_private: bool = False,
    note: str = "",
    job: str | None = None,
    progress: Progress = silent,
) -> BuildReport:
    """Build a generation from files, folders and pages and put it in service.

    Whatever happens on the way, the generation that was in service stays so until the last step,
    and that step is one atomic replacement of ``CURRENT``.

    Args:
        model: the name to load ``embedder`` by again; None for the bundled one.
        dictionary: lines of a user dictionary in jieba's form.
        judge: keeps the generation from being published where it does not pass.
        keep: how many generations stay on disk; see `prune`.
        drop_missing: whether documents go whose sources vanished or cannot be read any more.
        full: whether all is read and made again; the same comes out.
        allow_private: whether pages may lie in private networks and on this machine.
        job: what the building is for, told to others who want to build.

    Raises:
        SourceError: there is nothing to index.
        BusyError: another process is building.
        BuildError: the disk refused; the generation that was in service still is.

    """
    try:
        with building(data, job):
            sweep(data)
            before = _in_memory(last_good(data))
            reading = read_documents(
                sources,
                before,
                progress,
                drop_missing=drop_missing,
                full=full,
                allow_private=allow_private,
            )
            reuse = None if full else reuse_of(before, dictionary, embedder)
            contents = make_contents(reading.documents, embedder, dictionary, progress, reuse)
            manifest = Manifest(
                format=manifests.FORMAT,
                generation=1 + max(numbers(data), default=0),
                created=manifests.now(),
                sources=[address_of(source) for source in sources],
                model=model,
                embedder=embedder.name,
                segmenter=contents.segmenter.fingerprint,
                program=program(),
                dictionary=len(dictionary),
                counts=contents.counts,
                dense=contents.codes.about if contents.codes else {"index": "flat"},
                changes=reading.changes,
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
        problems=reading.problems,
        gate=manifest.gate,
    )
