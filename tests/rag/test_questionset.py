import json
from collections import Counter
from pathlib import Path

import pytest

from index.errors import EvidenceError
from rag.knowledge import KnowledgeBase
from rag.questionset import BUNDLED, read_questions


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
