from itertools import pairwise

import pytest

from index.document import Document
from rag.evidence import GAP, QUOTE_CHARACTERS, QUOTE_SENTENCES, leans, rank, run_around
from rag.knowledge import KnowledgeBase
from rag.question import understand
from rag.retrieval import retrieve


@pytest.mark.parametrize(
    "sentence",
    [
        "这是一个术语",
        "它展示了能力",
        "其中最重要的是",
        "该模型很好",
        "“这”字",
        "指的是编程",
        "這不只是",
        "It is a term.",
    ],
)
def test_sentences_that_lean(sentence: str) -> None:
    assert leans(sentence)


@pytest.mark.parametrize(
    "sentence", ["其他模型也一样", "其实很简单", "此外还有", "Karpathy 认为", "Italy 很美", "模型它很好"]
)
def test_sentences_that_stand(sentence: str) -> None:
    assert not leans(sentence)


def test_runs_are_short_and_within_a_paragraph(knowledge: KnowledgeBase, review: Document) -> None:
    generation = knowledge.generation
    for number in range(generation.sentences):
        run = run_around(number, generation)
        assert number in run
        assert len(run) <= QUOTE_SENTENCES
        start, end = generation.sentence(run.start).start, generation.sentence(run.stop - 1).end
        assert len(run) == 1 or end - start <= QUOTE_CHARACTERS
        assert "\n\n" not in review.text[start:end]


def test_a_definition_comes_with_what_it_defines(knowledge: KnowledgeBase, review: Document) -> None:
    question = understand("什么是氛围编码？", knowledge.generation)
    evidence = rank(question, retrieve(question, knowledge.generation, 10), knowledge.generation)
    assert any("氛围编码(Vibe Coding)” 的兴起。这是一个由 Karpathy" in one.quote for one in evidence[:3])


def test_evidence_is_ranked_apart_and_probable(knowledge: KnowledgeBase) -> None:
    question = understand("RLVR 改变了什么", knowledge.generation)
    evidence = rank(question, retrieve(question, knowledge.generation, 10), knowledge.generation)
    assert [one.score for one in evidence] == sorted((one.score for one in evidence), reverse=True)
    assert evidence[-1].score >= evidence[0].score - GAP
    assert all(0 < one.probability < 1 for one in evidence)
    spans = sorted((one.start, one.end) for one in evidence)
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))
    assert rank(question, [], knowledge.generation) == []
