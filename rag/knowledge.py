"""The one way in: every door asks, searches and rebuilds through a `KnowledgeBase`."""

from collections.abc import Callable, Generator, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from threading import Lock
from time import perf_counter
from typing import Any

from threadpoolctl import threadpool_limits

from index.build import BuildReport, Judge, Progress, build, silent
from index.cluster import Cluster
from index.document import canonical
from index.embedder import load_embedder
from index.errors import DamagedError, SettingError
from index.generation import Contents, Generation
from index.history import KEEP
from index.opening import open_serving
from index.recorded import recorded
from index.source import BUNDLED, Source
from rag.answer import (
    Answer,
    AnswerEvent,
    AnswerWriter,
    Cited,
    ExtractiveWriter,
    Finished,
    Provenance,
    Status,
    Writing,
    Wrote,
)
from rag.citation import Citation, Verdict, cite, verify
from rag.evidence import choose
from rag.gate import Gate
from rag.overview import overview
from rag.question import understand
from rag.ranker import Ranker
from rag.retrieval import DEPTH, Found, enough_for, retrieve
from rag.whole import wholes

THRESHOLD = 0.2
"""Confidence below which the answer is that the documents do not say.

On CMRC2018, DRCD and DragonBall it answers 99, 98 and 96 of 100 answerable questions, and 6, 13 and 10 of
100 whose documents were taken away (docs/quality.md).
"""

QUICK = 20_000
"""Passages up to which an answer takes a few milliseconds."""

_QUOTES = ExtractiveWriter()


class KnowledgeBase:
    """Documents that can be asked."""

    def __init__(
        self,
        data: Path,
        generation: Generation,
        threshold: float = THRESHOLD,
        writer: AnswerWriter = _QUOTES,
        warning: str | None = None,
    ) -> None:
        """Serve ``generation`` of the folder ``data``.

        Args:
            threshold: the confidence that makes an answer.
            writer: puts the answers into words.
            warning: why it is not the generation in service that is served.

        """
        self.data = data
        self.generation = generation
        self.threshold = threshold
        self.warning = warning
        self._ranker = Ranker(generation)
        self._is_local = isinstance(generation.contents, Contents)
        # Threads that think at once only take the interpreter from each other; others wait for the cluster.
        self._turn = Lock() if self._is_local else nullcontext()
        self._writer = writer
        self.heard: Callable[[Answer], None] = unheard
        """Is told each answer, whichever door asked."""

    @classmethod
    def open(
        cls,
        data: Path,
        threshold: float = THRESHOLD,
        writer: AnswerWriter = _QUOTES,
        cluster: Cluster | None = None,
    ) -> "KnowledgeBase":
        """Open the generation in service, or with a ``warning`` the good one before it.

        Args:
            threshold: see `__init__`.
            writer: see `__init__`.
            cluster: holds the passages; None where they lie in ``data``.

        Raises:
            NoIndexError: nothing has been built.
            StorageError: what was built cannot be served.

        """
        # An answer's matrices are too small to share; threads that wait for one another keep the
        # processor from other workers (18 answers a second of two workers, 178 of one).
        threadpool_limits(1, user_api="blas")
        generation, warning = open_serving(data, cluster)
        return cls(data, generation, threshold, writer, warning)

    @property
    def is_quick(self) -> bool:
        """Whether an answer takes less than it costs to hand the question to a thread."""
        near = self._is_local and self.generation.manifest.counts["passages"] <= QUICK
        return near and isinstance(self._writer, ExtractiveWriter)

    def search(self, question: str, k: int = 10, documents: Sequence[str] | None = None) -> list[Found]:
        """Return the ``k`` best passages, 1 to `DEPTH`, best first.

        Raises:
            QuestionError: the question is blank or too long.
            NotFoundError: one of ``documents`` does not exist.
            SettingError: ``k`` is out of range.

        """
        if not 1 <= k <= DEPTH:
            raise SettingError(f"k 是 {k}；请取 1 到 {DEPTH}")
        generation = self.generation
        return retrieve(understand(question, generation), generation, k, documents)

    def ask(
        self, question: str, documents: Sequence[str] | None = None, threshold: float | None = None
    ) -> Answer:
        """Answer with citations, or say that the documents do not; see `ask_stream`."""
        return self.explain(question, documents, threshold).answer

    def explain(
        self, question: str, documents: Sequence[str] | None = None, threshold: float | None = None
    ) -> Finished:
        """Answer, and keep the evidence that each citation was made of; see `ask_stream`."""
        *_, last = self.ask_stream(question, documents, threshold)
        if not isinstance(last, Finished):
            raise DamagedError("回答中断了；请再问一次")
        return last

    def ask_stream(
        self, question: str, documents: Sequence[str] | None = None, threshold: float | None = None
    ) -> Generator[AnswerEvent, None, None]:
        """Yield the answer as it is written: `Cited` first, `Finished` last.

        Closing the generator stops the work.

        Args:
            documents: ids of the documents to look in; None for all.
            threshold: the confidence in [0, 1] that makes an answer; None for the knowledge base's.

        Raises:
            QuestionError: the question is blank or too long.
            NotFoundError: one of ``documents`` does not exist.

        """
        generation, ranker = self.generation, self._ranker
        with self._turn:
            begun = perf_counter()
            asked = understand(question, generation)
            found = retrieve(asked, generation, enough_for(asked), documents)
            retrieved = perf_counter()
            evidence = overview(wholes(asked, found, generation, documents), generation)
            evidence = evidence or choose(ranker.weigh(asked, found), generation)
        citations = [self._proven(citation, generation) for citation in cite(evidence)]
        confidence = max((citation.score for citation in citations), default=0.0)
        least = self.threshold if threshold is None else threshold
        status: Status = "answered" if citations and confidence >= least else "abstained"
        ranked = perf_counter()
        yield Cited(status, confidence, citations)
        text, writing = yield from _write(self._writer, asked.text, citations, status)
        finished = Finished(
            Answer(
                question=asked.text,
                status=status,
                answer=text,
                confidence=confidence,
                mode="extractive" if writing is None else writing.mode,
                citations=citations,
                writing=writing,
                provenance=Provenance(
                    generation.number,
                    generation.manifest.embedder,
                    generation.manifest.segmenter,
                    ranker.name,
                ),
                timings_ms={
                    "retrieve": _milliseconds(retrieved - begun),
                    "rank": _milliseconds(ranked - retrieved),
                    "write": _milliseconds(perf_counter() - ranked),
                    "total": _milliseconds(perf_counter() - begun),
                },
            ),
            evidence,
            found,
        )
        self.heard(finished.answer)
        yield finished

    @staticmethod
    def _proven(citation: Citation, generation: Generation) -> Citation:
        verdict = verify(
            generation, citation.document, citation.start, citation.end, citation.quote, citation.sha256
        )
        if not verdict.valid:
            raise DamagedError(f"引文与文档不符：{verdict.reason}；请运行 chuchu build 重建")
        return citation

    def verify(self, document: str, start: int, end: int, quote: str, sha256: str | None = None) -> Verdict:
        """Check a quote against the documents in service."""
        return verify(self.generation, document, start, end, quote, sha256)

    def status(self) -> dict[str, Any]:
        """Describe the index in service."""
        record = asdict(self.generation.manifest)
        return {name: record[name] for name in record if name not in ("files", "format")}


def unheard(answer: Answer) -> None:
    """Take no notice of an answer."""


def rebuild(
    data: Path,
    sources: Sequence[Source] = (),
    model: str | None = None,
    dictionary: Sequence[str] | None = None,
    progress: Progress = silent,
    *,
    questions: Path | None = None,
    gate: Gate | None = None,
    threshold: float = THRESHOLD,
    keep: int = KEEP,
    drop_missing: bool = False,
    full: bool = False,
    allow_private: bool = False,
    note: str = "",
    job: str | None = None,
    cluster: Cluster | None = None,
    ray: str | None = None,
) -> BuildReport:
    """Build a new generation and publish it.

    Args:
        sources: none for those of the generation in service, with its model and its dictionary where
            these are not given; the bundled review where there is no generation.
        questions: what the new generation is asked before it is published, with ``threshold``.
        gate: what the answers must reach; where they do not, the generation is kept unpublished.
        keep: how many generations stay on disk.
        drop_missing: whether documents go whose sources vanished or cannot be read any more; else their
            last good text is kept, and that is reported.
        full: whether nothing is taken over from the generation before; the same comes out.
        allow_private: whether pages may lie in private networks and on this machine.
        job: what the building is for, told to others who want to build.
        cluster: is to hold the passages too.
        ray: the address of a Ray cluster that does the work; every machine of it has to see ``data``.

    Raises:
        SourceError: there is nothing to index.
        BusyError: another process is building.
        BuildError: the disk refused.
        ClusterError: the cluster refused, or did not answer.
        EvidenceError: the questions do not fit the documents; nothing is published.
        SettingError: the model cannot be loaded, or an option is out of range.

    """
    if keep < 1:
        raise SettingError(f"keep 是 {keep}；请至少保留 1 代")
    if gate and gate.bounds and questions is None:
        raise SettingError("设了指标的界限，却没有问题集；请用 --questions 指定")
    if not sources:
        known = recorded(data)
        sources = known.sources or [BUNDLED]
        model = known.model if model is None else model
        dictionary = known.dictionary if dictionary is None else dictionary
    if model is not None and Path(model).is_dir():
        model = str(Path(model).absolute())
    return build(
        sources,
        data,
        load_embedder(model),
        model=model,
        dictionary=dictionary or (),
        judge=_judge(questions, gate or Gate(), threshold, data, progress),
        keep=keep,
        drop_missing=drop_missing,
        full=full,
        allow_private=allow_private,
        note=canonical(note),
        job=job,
        cluster=cluster,
        ray=ray,
        progress=progress,
    )


def _judge(
    questions: Path | None, gate: Gate, threshold: float, data: Path, progress: Progress
) -> Judge | None:
    if questions is None:
        return None
    from rag.candidate import judge_by  # evaluates with a knowledge base of its own

    return judge_by(questions, gate, threshold, data, progress)


def _write(
    writer: AnswerWriter, question: str, citations: Sequence[Citation], status: Status
) -> Generator[AnswerEvent, None, tuple[str, Writing | None]]:
    """Yield what a writer writes; return all that stands of it, and what became of a model's text."""
    pieces: list[str] = []
    writing = None
    for event in writer.write(question, citations, status):
        if isinstance(event, Writing):
            writing = event
            continue
        if isinstance(event, Wrote):
            pieces.append(event.text)
        else:
            pieces.clear()
        yield event
    return "".join(pieces), writing


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 2)
