"""Measure how well answers hold what a set of questions expects of them."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from time import perf_counter
from typing import Protocol

from index.build import Progress, silent
from index.errors import EvidenceError, QuestionError
from index.generation import Generation
from rag.answer import Finished
from rag.asked import Asked
from rag.circumstances import circumstances
from rag.comparison import compare, pairs_of
from rag.knowledge import KnowledgeBase
from rag.questionset import read_questions
from rag.relevance import Relevance, ranked_metrics
from rag.report import About, Report, summarise
from rag.retrieval import DEPTH, Found
from rag.score import score


class Askable(Protocol):
    """What can be evaluated."""

    @property
    def generation(self) -> Generation:
        """The documents that are asked."""
        ...

    def explain(self, question: str) -> Finished:
        """Answer with citations, and tell the passages that they came from."""
        ...

    def search(self, question: str, k: int) -> Sequence[Found]:
        """Return the ``k`` best passages, best first."""
        ...


def evaluate(
    questions: Sequence[Asked], knowledge: Askable, progress: Progress = silent, about: About | None = None
) -> Report:
    """Ask all questions and measure the answers.

    Raises:
        EvidenceError: there is no question, or one that cannot be asked.

    """
    if not questions:
        raise EvidenceError("没有问题可评测；请至少写一个问题")
    relevance = Relevance(knowledge.generation)
    scores, grades, rankings = [], [], []
    for number, one in enumerate(questions, start=1):
        begun = perf_counter()
        try:
            finished = knowledge.explain(one.question)
        except QuestionError as error:
            raise EvidenceError(f"问题 {one.id}：{error}") from error
        took = (perf_counter() - begun) * 1000
        scores.append(score(one, finished.answer, took, knowledge.generation))
        if one.evidence:
            # Where documents are judged: as many passages as hold ten of them.
            found = knowledge.search(one.question, DEPTH) if one.grades else finished.found
            grades.append(relevance.grades(one))
            rankings.append(relevance.ranking(one, [each.passage for each in found]))
        progress("evaluate", number, len(questions))
    ranked = iter(ranked_metrics(grades, rankings))
    scores = [replace(one, metrics=one.metrics | next(ranked)) if one.answerable else one for one in scores]
    answer = finished.answer
    return summarise(scores, {**(about or {}), **asdict(answer.provenance), "mode": answer.mode})


def evaluate_set(
    questions: Path, knowledge: KnowledgeBase, progress: Progress = silent, before: Report | None = None
) -> Report:
    """Read a question set, ask all of it, and note under which circumstances; see `evaluate`.

    Args:
        before: an evaluation to compare this one with.

    Raises:
        SettingError: no question of the set was asked in it.

    """
    asked = read_questions(questions, knowledge.generation)
    if before:
        pairs_of(before.scores, asked)  # now, not after all have been asked
    report = evaluate(asked, knowledge, progress, circumstances(questions, knowledge))
    return replace(report, comparison=compare(before.scores, report.scores)) if before else report
