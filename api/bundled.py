"""Evaluate, with the bundled set where there is no other."""

from pathlib import Path

from index.build import Progress
from index.errors import EvidenceError
from rag.evaluation import evaluate_set
from rag.knowledge import KnowledgeBase
from rag.questionset import BUNDLED
from rag.report import Report


def evaluate_with(
    questions: Path, knowledge: KnowledgeBase, progress: Progress, before: Report | None
) -> Report:
    """See `evaluate_set`.

    Raises:
        EvidenceError: the set does not fit the documents; of the bundled one nobody can mend a line.

    """
    try:
        return evaluate_set(questions, knowledge, progress, before)
    except EvidenceError as error:
        if questions != BUNDLED:
            raise
        raise EvidenceError(
            "自带的问题集问的是自带的书评，索引里没有它；请用自己的问题集（chuchu questions draft 起草一份）"
        ) from error
