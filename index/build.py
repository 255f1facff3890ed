"""Build a generation aside, and put it in service in one step."""

import gc
import json
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from index import crew
from index import manifest as manifests
from index.assembly import Assembly
from index.cluster import Cluster
from index.crew import Numbers
from index.documents import Documents
from index.embedder import Embedder, Vectors
from index.errors import BuildError
from index.fleet import Fleet
from index.generation import Contents, Generation
from index.history import ASIDE, KEEP, prune, serving_collection, sweep
from index.lock import building
from index.manifest import Manifest
from index.mined import Mined, merge
from index.opening import last_good
from index.progress import Progress as Progress
from index.progress import silent as silent
from index.reader import Problem
from index.reading import read_documents
from index.reuse import Reuse, program, reuse_of
from index.segmented import Segmented
from index.segmenter import Segmenter
from index.service import generations, numbers, point_at
from index.shelving import shelve
from index.source import Source, address_of
from index.term import Term

Judge = Callable[[Generation, Path], dict[str, Any]]
"""Evaluates a candidate, may leave a report in its folder, and says at least whether it ``passed``."""


class Hands(Protocol):
    """Who mines and cuts documents: `index.crew` or a `Fleet`; what comes out does not depend on it."""

    def mine_all(
        self, documents: Documents, numbers: Numbers, segmenter: Segmenter
    ) -> Generator[tuple[Numbers, Mined], None, None]:
        """Yield the terms of documents, some at a time: their numbers, and what was mined in them."""
        ...

    def segment_all(
        self, documents: Documents, numbers: Numbers, segmenter: Segmenter, embedder: Embedder
    ) -> Generator[tuple[Numbers, Segmented], None, None]:
        """Yield documents cut, some at a time: their numbers, and what became of them."""
        ...


_RUN = 10_000
"""Documents that are taken over at once."""


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
    documents: Documents,
    folder: Path,
    embedder: Embedder,
    dictionary: Sequence[str],
    progress: Progress,
    before: tuple[Manifest, Contents] | None = None,
    hands: Hands = crew,
) -> Contents:
    """Segment, embed and index documents; what comes out does not depend on ``before``.

    Args:
        folder: where the documents lie (see `Shelf`) and all else is to be written.
        before: a generation whose work need not be done again.
        hands: who mines and cuts.

    """
    reuse = reuse_of(before, dictionary, embedder, documents)
    segmenter = Segmenter(dictionary)
    (new,) = np.nonzero(reuse.places < 0)
    terms, mined, unknown = merge(reuse.terms, reuse.mined(), hands.mine_all(documents, new, segmenter))
    np.save(folder / "mined.npy", mined.astype(np.int32))
    reuse.extend(segmenter, reuse.dictionary_of(terms, unknown, segmenter))
    assembly = Assembly(folder, reuse.contents, embedder.dimension)
    done = passages = 0
    for some, segmented in _segmented(documents, segmenter, embedder, reuse, hands):
        done, passages = done + len(some), passages + len(segmented.passages)
        progress("segment", done, len(documents))
        assembly.add(segmented, _vectors(some, segmented, embedder, reuse))
        progress("embed", passages, passages)
    progress("index", 0, 1)
    columns = [[term[column] for term in terms] for column in range(len(Term._fields))]
    _write_records(folder / "terms.json", columns)
    _write_records(folder / "dictionary.json", segmenter.entries)
    codes = assembly.finish()
    progress("index", 1, 1)
    return replace(Contents.load(folder, terms, segmenter), codes=codes)


def _segmented(
    documents: Documents, segmenter: Segmenter, embedder: Embedder, reuse: Reuse, hands: Hands
) -> Iterator[tuple[Numbers, Segmented]]:
    """Yield the documents cut in their order, some at a time, with their numbers."""
    uncut = reuse.uncut(segmenter)
    places = np.arange(len(documents))
    follows = np.where(uncut[1:], uncut[:-1], ~uncut[:-1] & (np.diff(reuse.places) == 1))
    follows &= uncut[1:] | (places[1:] % _RUN > 0)
    with closing(hands.segment_all(documents, np.flatnonzero(uncut), segmenter, embedder)) as cut:
        for run in np.split(places, 1 + np.flatnonzero(~follows)):
            if uncut[run[0]]:
                left = len(run)
                while left:
                    some, segmented = next(cut)
                    left -= len(some)
                    yield some, segmented
            else:
                place = int(reuse.places[run[0]])
                yield run, reuse.segmented(place, place + len(run))


def _vectors(some: Numbers, segmented: Segmented, embedder: Embedder, reuse: Reuse) -> Vectors:
    """Return the vectors of documents, those of their passages that are not known embedded in one go."""
    if segmented.vectors is not None:
        return segmented.vectors
    vectors = np.empty((len(segmented.passages), embedder.dimension), np.float32)
    new = np.ones(len(vectors), np.bool_)
    for number, place in enumerate(reuse.places[some].tolist()):
        if place >= 0:  # the text is the same, whatever it is cut into
            own = segmented.passages[:, 0] == number
            vectors[own], new[own] = reuse.vectors_of(place), False
    texts = [segmented.texts[number] for number in np.flatnonzero(new).tolist()]
    vectors[new] = embedder.embed_passages(texts) if texts else vectors[new]
    return vectors


@contextmanager
def _told(data: Path) -> Iterator[None]:
    """Turn what the disk refuses into an error of ours."""
    try:
        yield
    except OSError as error:
        raise BuildError(
            f"索引无法写入 {data}：{error.strerror or error}；原有索引未受影响；"
            "请清理磁盘、检查权限，或用 --data 换一个位置"
        ) from error


@contextmanager
def _unwatched() -> Iterator[None]:
    """Spare the garbage collector what is there: looking at it takes longer than cutting a document."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextmanager
def _aside(home: Path) -> Iterator[Path]:
    """Give a folder for a generation that has no number yet, and remove what is left of it."""
    home.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=ASIDE, dir=home))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write_records(path: Path, records: object) -> None:
    path.write_text(json.dumps(records, ensure_ascii=False), "utf-8")


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
    cluster: Cluster | None = None,
    ray: str | None = None,
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
        cluster: is to hold the passages too, for hosts that have no more than the small files.
        ray: the address of a Ray cluster that mines and cuts; every machine of it has to see ``data``.

    Raises:
        SourceError: there is nothing to index.
        BusyError: another process is building.
        BuildError: the disk refused; the generation that was in service still is.
        ClusterError: the cluster refused, or did not answer; as before.

    """
    with _told(data), building(data, job), _unwatched():
        sweep(data)
        if cluster is not None:
            cluster.require()  # before all the work
        home = generations(data)
        with _aside(home) as folder:
            before = last_good(data)
            reading = read_documents(
                sources,
                before,
                folder,
                progress,
                drop_missing=drop_missing,
                full=full,
                allow_private=allow_private,
            )
            contents = make_contents(
                reading.documents,
                folder,
                embedder,
                dictionary,
                progress,
                None if full else before,
                Fleet(ray, folder, model) if ray else crew,
            )
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
                before=before[0].generation if before else 0,
                note=note,
                files={},
            )
            gate = judge(Generation(manifest, contents, embedder), folder) if judge else None
            store = shelve(contents, manifest.generation, data, cluster)
            manifest = replace(manifest, gate=gate, store=store, files=manifests.checksums(folder))
            manifests.write(manifest, folder)
            folder.rename(home / str(manifest.generation))
        manifests.sync(home)
        progress("publish", 0, 1)
        _publish(manifest, data, keep, cluster)
        progress("publish", 1, 1)
    return BuildReport(
        generation=manifest.generation,
        published=manifest.passed,
        counts=manifest.counts,
        changes=manifest.changes,
        problems=reading.problems,
        gate=manifest.gate,
    )


def _publish(manifest: Manifest, data: Path, keep: int, cluster: Cluster | None) -> None:
    """Put a generation in service, unless its gate holds it back, and remove old ones."""
    until_now = serving_collection(data)
    if manifest.passed:
        point_at(manifest.generation, data)
    prune(data, keep, cluster, spared=until_now)
