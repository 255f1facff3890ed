from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.document import Document
from rag.features import NAMES
from rag.knowledge import KnowledgeBase
from rag.question import understand
from rag.questionset import BUNDLED, read_questions
from rag.ranker import Candidate, Ranker
from rag.retrieval import PASSAGES, retrieve
from rag.rival import UNRIVALLED, lead

TEXTS = {
    "青山钢铁公司": "生产钢材。去年销售额是 3 亿元。新厂建在河边。",
    "白水食品公司": "生产饼干。去年销售额是 5 亿元。新厂建在河边。",
    "黑石矿业公司": "开采煤矿。去年销售额是 9 亿元。工人有三百名。",
}


@pytest.fixture(scope="module")
def companies(knowledge_of: Callable[[dict[str, str]], KnowledgeBase]) -> KnowledgeBase:
    return knowledge_of(TEXTS)


FEW = UNRIVALLED + (1 - UNRIVALLED) * 2 / 10
"""The most that one of three documents can lead by."""


def ask(question: str, knowledge: KnowledgeBase) -> list[Candidate]:
    asked = understand(question, knowledge.generation)
    return Ranker(knowledge.generation).candidates(asked, retrieve(asked, knowledge.generation, PASSAGES))


def ranked(sentences: Sequence[tuple[int, float, float]], knowledge: KnowledgeBase) -> list[Candidate]:
    """Score some sentences of the documents: their numbers, scores, and the share of their titles named."""
    found = {one.sentence: one for one in ask("公司去年的销售额", knowledge)}
    some = [
        found[number]._replace(score=score, features=np.array([named * (name == "named") for name in NAMES]))
        for number, score, named in sentences
    ]
    return sorted(some, key=lambda one: -one.score)


@given(
    st.lists(
        st.tuples(st.integers(0, 8), st.floats(-9, 9), st.floats(0, 1)), min_size=1, unique_by=lambda s: s[0]
    )
)
def test_the_lead_by_definition(companies: KnowledgeBase, sentences: list[tuple[int, float, float]]) -> None:
    texts = [sentence for text in TEXTS.values() for sentence in text.split("。")[:3]]
    best, score, _ = max(sentences, key=lambda one: one[1])
    rivals = [
        other
        for number, other, named in sentences
        if number // 3 != best // 3 and named < 0.7 and texts[number] != texts[best]
    ]
    expected = min([FEW, *((score - other) / 6 for other in rivals)])
    if [one[1] for one in sentences].count(score) == 1:
        assert lead(ranked(sentences, companies), companies.generation) == pytest.approx(expected)


def test_another_company_is_a_rival_unless_it_is_asked_of(companies: KnowledgeBase) -> None:
    def lead_of(question: str) -> float:
        return lead(ask(question, companies), companies.generation)

    assert lead_of("青山钢铁公司去年的销售额") == pytest.approx(FEW)
    assert lead_of("青山钢铁公司、白水食品公司与黑石矿业公司去年的销售额") == pytest.approx(FEW)
    assert lead_of("赤土林业公司去年的销售额") < 0.2


def test_a_document_alone_has_no_rival(knowledge: KnowledgeBase) -> None:
    assert lead(ask("什么是氛围编码？", knowledge), knowledge.generation) == UNRIVALLED


def test_a_note_beside_a_document_makes_no_surer(
    knowledge: KnowledgeBase, knowledge_of: Callable[[dict[str, str]], KnowledgeBase], review: Document
) -> None:
    both = knowledge_of({review.title: review.text, "停车须知": "院内停车每天收费五元，凭票出场。"})
    asked = [one.question for one in read_questions(BUNDLED, knowledge.generation) if not one.evidence]
    assert asked

    def answered(one: KnowledgeBase) -> int:
        return sum(one.ask(question).status == "answered" for question in asked)

    assert answered(both) <= answered(knowledge)
