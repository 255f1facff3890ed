"""Find the passages that a question is about."""

from collections.abc import Sequence
from typing import NamedTuple

from index.generation import Generation, Passage
from index.lexical import LexicalIndex
from index.vectors import Ids
from rag.echo import echo
from rag.question import Question

DEPTH = 100
"""Hits taken of each retriever before they are fused."""

PASSAGES = 10
"""Passages whose sentences are weighed for an answer, but see `enough_for`."""

DENSE_WEIGHT = 0.5
NAMES_WEIGHT = 0.25


class Found(NamedTuple):
    """A passage with its fused score and the scores it was made of; 0 where one did not find it."""

    passage: Passage
    score: float
    dense: float
    lexical: float


def enough_for(question: Question) -> int:
    """Return how many passages have their sentences weighed.

    Twice as many where it is asked what a thing is: many passages may speak of it, and few say that.
    """
    return 2 * PASSAGES if question.asks_definition else PASSAGES


def _dense(question: Question, generation: Generation, among: Ids | None) -> dict[int, float]:
    vector = generation.embed_question(question.plain)
    ids, scores = generation.dense.search(vector, DEPTH, among)
    near = (ids[0] >= 0) & (scores[0] > 0)
    return dict(zip(ids[0][near].tolist(), scores[0][near].tolist(), strict=True))


def _lexical(question: Question, index: LexicalIndex, among: Ids | None) -> dict[int, float]:
    scores = {hit.passage: hit.score for hit in index.search(question.topic, DEPTH, among, echo)}
    if question.names:
        for hit in index.search(" ".join(question.names), DEPTH, among):
            scores[hit.passage] = scores.get(hit.passage, 0.0) + NAMES_WEIGHT * hit.score
    return scores


def retrieve(
    question: Question, generation: Generation, k: int, documents: Sequence[str] | None = None
) -> list[Found]:
    """Return the ``k`` best passages, best first.

    The score is lexical / (highest lexical) + `DENSE_WEIGHT` · cosine: better on four sets of
    questions than reciprocal rank fusion, which forgets how sure each retriever is.

    Raises:
        NotFoundError: one of ``documents`` does not exist.

    """
    among = None if documents is None else generation.passages_of(documents)
    dense = _dense(question, generation, among)
    lexical = _lexical(question, generation.lexical, among)
    fused = {passage: DENSE_WEIGHT * score for passage, score in dense.items()}
    highest = max(lexical.values(), default=1.0)
    for passage, score in lexical.items():
        fused[passage] = score / highest + fused.get(passage, 0.0)
    least = min(sorted(fused.values())[-k:], default=0.0)
    best = sorted((-score, passage) for passage, score in fused.items() if score >= least)[:k]
    passages = generation.read([passage for _, passage in best])
    return [
        Found(passage, -behind, dense.get(n, 0.0), lexical.get(n, 0.0))
        for passage, (behind, n) in zip(passages, best, strict=True)
    ]
