"""Every quote stands where it is said to, whatever the documents hold."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.document import Document
from index.generation import Generation
from rag.citation import url_of, verify
from rag.evidence import CHARACTERS, QUOTES
from rag.knowledge import KnowledgeBase, rebuild

PIECES = st.sampled_from(
    ["氛围编码", "幽灵", "是", "什么", "。", "；", "\r\n", "\n\n", "\t", " ", "𠮷野家", "😀", "ｖｉｂｅ", "Ｃode", "e\u0301",
     "這是", "“", "”", "# ", "\x00", "\ufeff", "Karpathy.", "3.5", "字" * 120]
)  # fmt: skip


def all_stand(knowledge: KnowledgeBase, question: str) -> int:
    answer = knowledge.ask(question, threshold=0.0)
    for citation in answer.citations:
        document = knowledge.generation.document(citation.document)
        assert document.text[citation.start : citation.end] == citation.quote
        assert document.sha256 == citation.sha256
        passage = citation.passage
        found = knowledge.generation.passage(passage.id)
        assert (found.start, found.end) == (passage.start, passage.end)
    assert len(answer.citations) <= QUOTES
    assert sum(len(citation.quote) for citation in answer.citations) <= CHARACTERS
    assert [citation.number for citation in answer.citations] == list(range(1, len(answer.citations) + 1))
    return len(answer.citations)


@settings(max_examples=15)
@given(
    bodies=st.lists(st.lists(PIECES, min_size=1, max_size=40).map("".join), min_size=1, max_size=4),
    question=st.lists(PIECES, max_size=5).map(lambda pieces: "幽灵" + "".join(pieces)),
)
def test_quotes_stand_in_any_text(
    scratch: Callable[[], AbstractContextManager[str]], bodies: list[str], question: str
) -> None:
    with scratch() as name:
        folder = Path(name)
        records = [{"_id": f"d/{n}", "text": f"幽灵。{body}"} for n, body in enumerate(bodies)]
        (folder / "c.jsonl").write_text("\n".join(map(json.dumps, records)), "utf-8")
        rebuild(folder / "data", [folder / "c.jsonl"])
        knowledge = KnowledgeBase.open(folder / "data")
        assert all_stand(knowledge, question) > 0


@pytest.mark.parametrize(
    "question", ["什么是氛围编码？", "RLVR 的副作用", "幽灵", "What is a ghost?", "量子计算"]
)
def test_quotes_stand_in_the_review(knowledge: KnowledgeBase, question: str) -> None:
    assert all_stand(knowledge, question) > 0


def test_one_line_of_fifty_thousand_characters(tmp_path: Path) -> None:
    source = tmp_path / "long.txt"
    source.write_text("氛围编码没有句号" * 6250, "utf-8")
    rebuild(tmp_path / "data", [source])
    assert all_stand(KnowledgeBase.open(tmp_path / "data"), "氛围编码") > 0


@pytest.fixture(scope="module")
def generation(knowledge: KnowledgeBase) -> Generation:
    return knowledge.generation


def test_verify(generation: Generation, review: Document) -> None:
    quote = "通过自然语言(English)全权指挥 AI 编写程序"
    start = review.text.index(quote)
    end = start + len(quote)
    assert verify(generation, review.id, start, end, quote).valid
    assert verify(generation, review.id, start, end, quote, review.sha256).valid
    shifted = verify(generation, review.id, start + 1, end + 1, quote)
    assert not shifted.valid
    assert shifted.found == review.text[start + 1 : end + 1]
    longer = verify(generation, review.id, start, end, quote[:-1] + "哦")
    assert (longer.valid, longer.found) == (False, quote)
    assert "sha256" in str(verify(generation, review.id, start, end, quote, "0" * 64).reason)
    assert "没有文档" in str(verify(generation, "nope", start, end, quote).reason)


@pytest.mark.parametrize(("start", "end"), [(-5, 3), (3, 3), (5, 3), (0, 10**9), (10**9, 10**9 + 1)])
def test_a_span_outside_the_document(generation: Generation, review: Document, start: int, end: int) -> None:
    assert not verify(generation, review.id, start, end, review.text[start:end]).valid


def test_the_url_escapes_the_document() -> None:
    assert url_of("文 件/a?#.md", 3, 9) == "/documents/%E6%96%87%20%E4%BB%B6/a%3F%23.md/text#char=3,9"
