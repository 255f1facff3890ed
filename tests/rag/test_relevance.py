import math
import random

import pytest

from index.document import Span
from rag.asked import Asked, Place
from rag.knowledge import KnowledgeBase
from rag.metric import RANKED
from rag.relevance import Relevance, name_of, ranked_metrics


def by_hand(grades: dict[str, int], ranking: list[str]) -> dict[str, float]:
    relevant = {name for name, grade in grades.items() if grade > 0}
    first = ranking[:10]
    ranks = [rank for rank, name in enumerate(first, start=1) if name in relevant]

    def recall(k: int) -> float:
        return len(relevant & set(ranking[:k])) / len(relevant) if relevant else 0.0

    def dcg(gains: list[int]) -> float:
        return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains[:10], start=1))

    ideal = dcg(sorted(grades.values(), reverse=True))
    return {
        "passage_recall@1": recall(1),
        "passage_recall@5": recall(5),
        "passage_recall@10": recall(10),
        "passage_hit@10": float(bool(ranks)),
        "passage_mrr@10": 1 / ranks[0] if ranks else 0.0,
        "passage_ndcg@10": dcg([grades.get(name, 0) for name in first]) / ideal if ideal else 0.0,
    }


def test_ranking_metrics_by_their_formulas_on_1500_cases() -> None:
    draw = random.Random(3)
    names = [f"d{n}" for n in range(30)]
    grades = [
        {name: draw.randint(0, 3) for name in draw.sample(names, draw.randint(0, 15))} for _ in range(1500)
    ]
    rankings = [draw.sample(names, draw.randint(0, 20)) for _ in range(1500)]
    assert sum(not any(one.values()) for one in grades) > 50  # zero relevant
    assert sum(len(one) < 10 for one in rankings) > 300  # k > n
    for found, graded, ranking in zip(ranked_metrics(grades, rankings), grades, rankings, strict=True):
        assert found == pytest.approx(by_hand(graded, ranking), abs=1e-6)
        assert tuple(found) == RANKED


def test_the_relevant_passages_are_those_that_hold_the_evidence(knowledge: KnowledgeBase) -> None:
    generation = knowledge.generation
    relevance = Relevance(generation)
    passages = [generation.passage(n) for n in range(len(generation.contents.passages))]
    ((name, document),) = generation.documents.items()
    draw = random.Random(5)
    for _ in range(200):
        start = draw.randrange(len(document.text) - 1)
        end = min(len(document.text), start + draw.randint(1, 600))
        asked = Asked("q", "问", "a", [[Place(name, Span(start, end))]])
        held = {
            name_of(one)
            for one in passages
            if 2 * len(set(range(start, end)) & set(range(one.start, one.end)))
            >= min(end - start, one.end - one.start)
        }
        assert relevance.grades(asked) == dict.fromkeys(held, 1)
