import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.document import Span
from index.errors import EvidenceError
from rag.citation import Citation
from rag.citation import Place as CitedPassage
from rag.evaluation import BUNDLED, Asked, Place, answer_recall, evaluate, hit, read_questions, recall
from rag.knowledge import KnowledgeBase

SPANS = st.tuples(st.sampled_from("ab"), st.integers(0, 40), st.integers(1, 20)).map(
    lambda one: (one[0], one[1], one[1] + one[2])
)
TEXT = "".join(chr(0x4E00 + n) for n in range(70))


def cited(document: str, start: int, end: int) -> Citation:
    return Citation(1, document, "", [], start, end, TEXT[start:end], "", CitedPassage(0, 0, 0), 0.5, "")


def asked(spans: list[tuple[str, int, int]], answers: list[str]) -> Asked:
    return Asked("q", "问", "fact", [[Place(d, Span(s, e))] for d, s, e in spans], answers)


@given(st.lists(SPANS, min_size=1, max_size=4), st.lists(SPANS, max_size=4), st.integers(0, 60))
def test_metrics_by_sets_of_characters(
    evidence: list[tuple[str, int, int]], quotes: list[tuple[str, int, int]], place: int
) -> None:
    def characters(spans: list[tuple[str, int, int]]) -> set[tuple[str, int]]:
        return {(d, i) for d, s, e in spans for i in range(s, e)}

    answer = TEXT[place : place + 3]
    one, citations = asked(evidence, [answer]), [cited(*quote) for quote in quotes]
    held = characters(quotes)
    expected = sum(2 * len(characters([e]) & held) >= len(characters([e])) for e in evidence) / len(evidence)
    assert recall(one, citations) == pytest.approx(expected)
    shared = any(
        2 * len(characters([e]) & characters([q])) >= min(len(characters([e])), len(characters([q])))
        for e in evidence
        for q in quotes
    )
    assert hit(one, citations) == shared
    documents = {d for d, _, _ in evidence}
    assert answer_recall(one, citations) == any(
        s <= place and place + 3 <= e for d, s, e in quotes if d in documents
    )


def write(path: Path, *lines: object) -> Path:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        ([], "空"),
        (["{"], ":1"),
        (["[]"], ":1"),
        ([{"id": "q1", "question": "问"}], ":1"),
        ([{"id": "q1", "question": "问", "evidence": "幽灵"}], "列表"),
        ([{"id": "q1", "question": "问", "evidence": ["原文没有的引文"]}], "q1"),
        ([{"id": "q1", "question": "问", "evidence": [""]}], "q1"),
        ([{"id": "q1", "question": "问", "evidence": [3]}], "q1"),
        ([{"id": "q1", "question": "问", "evidence": [{"document": "nope", "start": 0, "end": 3}]}], "nope"),
        ([{"id": "q1", "question": "问", "evidence": [{"document": "karpathy-2025-review.txt", "start": 9, "end": 9}]}], "9-9"),
        ([{"id": "q1", "question": "问", "evidence": []}] * 2, "重复"),
        ([{"id": "q1", "question": " ", "evidence": []}], ":1"),
        ([{"id": "q1", "question": "问", "evidence": [], "answers": "通过"}], "answers"),
        ([{"id": "q1", "question": "问", "evidence": [], "answers": [""]}], "answers"),
        ([{"id": "q1", "question": "问", "evidence": ["\ufeff"]}], "q1"),
    ],
)  # fmt: skip
def test_a_bad_question_set_is_an_error(
    knowledge: KnowledgeBase, tmp_path: Path, lines: list[object], named: str
) -> None:
    path = write(tmp_path / "q.jsonl", *lines)
    with pytest.raises(EvidenceError, match=named):
        read_questions(path, knowledge.generation)


def test_a_question_set_that_is_not_there(knowledge: KnowledgeBase, tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match=r"nope\.jsonl"):
        read_questions(tmp_path / "nope.jsonl", knowledge.generation)


def test_the_bundled_questions(knowledge: KnowledgeBase) -> None:
    questions = read_questions(BUNDLED, knowledge.generation)
    kinds = Counter(question.kind for question in questions)
    assert len(questions) >= 60
    assert kinds["unanswerable"] >= 15
    assert all(question.evidence for question in questions if question.kind != "unanswerable")
    assert not any(question.evidence for question in questions if question.kind == "unanswerable")
    assert {"fact", "why", "how", "paraphrase", "english", "traditional", "noisy", "several"} <= set(kinds)


def test_an_abstention_counts_as_zero(knowledge: KnowledgeBase, tmp_path: Path) -> None:
    definition = "通过自然语言(English)全权指挥 AI 编写程序"
    path = write(
        tmp_path / "q.jsonl",
        {
            "id": "1",
            "question": "什么是氛围编码？",
            "evidence": [definition],
            "answers": ["自然语言"],
            "kind": "a",
        },
        {"id": "2", "question": "What is vibe coding?", "evidence": [definition], "kind": "b"},
        {"id": "3", "question": "今天北京天气怎么样？", "evidence": []},
    )
    questions = read_questions(path, knowledge.generation)
    report = evaluate(questions, knowledge.ask)
    assert (report.questions, report.answerable) == (3, 2)
    assert report.metrics["recall@3"] == report.metrics["answer@3"] == report.answered_share == 1
    assert report.false_answer_rate == 0
    assert list(report.kinds) == ["a", "b"]
    silent = evaluate(questions, lambda question: knowledge.ask(question, threshold=1.0))
    assert set(silent.metrics.values()) == {0.0}
    assert silent.answered_share == 0
    talkative = evaluate(questions, lambda question: knowledge.ask(question, threshold=0.0))
    assert talkative.false_answer_rate == 1


def test_evidence_that_the_documents_repeat_counts_wherever_it_is_quoted() -> None:
    one = Asked("q", "问", "fact", [[Place("a", Span(0, 4)), Place("b", Span(10, 14))]], [])
    for document, start in (("a", 0), ("b", 10)):
        citations = [cited(document, start, start + 4)]
        assert recall(one, citations) == hit(one, citations) == 1
    assert recall(one, [cited("a", 10, 14)]) == 0
