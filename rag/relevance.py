"""How well passages are ranked, measured by ir-measures."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from index.document import Span
from index.generation import Generation, Passage
from rag.asked import Asked
from rag.metric import PASSAGE_DEPTHS, RANKED, share

Ranking = Sequence[str]
"""Names of passages, or of documents where those are judged, best first."""
Grades = Mapping[str, int]


def name_of(passage: Passage) -> str:
    """Return a name of a passage."""
    return f"{passage.document.id}:{passage.start}-{passage.end}"


class Relevance:
    """Knows which passages of a generation hold the evidence of a question."""

    def __init__(self, generation: Generation) -> None:
        """Look up the passages of each document."""
        self._passages: dict[str, list[Passage]] = defaultdict(list)
        for passage in generation.passages():
            self._passages[passage.document.id].append(passage)

    def grades(self, asked: Asked) -> Grades:
        """Return what is relevant to a question, and how much.

        A passage is, where it and some evidence share at least half of the shorter one: the rule of
        hit@k. Where whole documents are judged, they are.
        """
        if asked.grades:
            return asked.grades
        return {
            name_of(passage): 1
            for places in asked.evidence
            for document, span in places
            for passage in self._passages[document]
            if share(span, Span(passage.start, passage.end))
        }

    def ranking(self, asked: Asked, passages: Sequence[Passage]) -> Ranking:
        """Name what was found, best first; a document stands where its best passage does."""
        if asked.grades:
            return list(dict.fromkeys(passage.document.id for passage in passages))
        return [name_of(passage) for passage in passages]


def ranked_metrics(grades: Sequence[Grades], rankings: Sequence[Ranking]) -> list[dict[str, float]]:
    """Return `RANKED` of each question.

    Reciprocal rank, recall, success and nDCG (gain = grade, discount log2(rank + 1)) as trec_eval
    computes them; a question to which nothing is relevant counts as zero.
    """
    import ir_measures
    from ir_measures import RR, R, Success, nDCG

    measures = dict(zip(RANKED, [*(R @ k for k in PASSAGE_DEPTHS), Success @ 10, RR, nDCG @ 10], strict=True))
    qrels = {str(n): dict(one) for n, one in enumerate(grades)}
    # The reciprocal rank of trec_eval has no cutoff: the run ends at the tenth.
    run = {
        str(n): {name: float(-rank) for rank, name in enumerate(one[:10])} for n, one in enumerate(rankings)
    }
    rows: list[dict[str, float]] = [dict.fromkeys(RANKED, 0.0) for _ in rankings]
    names = {measure: name for name, measure in measures.items()}
    for found in ir_measures.iter_calc(list(measures.values()), qrels, run):
        rows[int(found.query_id)][names[found.measure]] = found.value
    return rows
