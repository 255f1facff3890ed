import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest
from threadpoolctl import threadpool_info

from index.errors import NotFoundError, QuestionError, SettingError
from rag.answer import Cited, Finished, Wrote
from rag.knowledge import KnowledgeBase, rebuild
from rag.question import LONGEST, understand
from rag.retrieval import PASSAGES

DEFINITION = "通过自然语言(English)全权指挥 AI 编写程序"


@pytest.mark.parametrize("question", ["什么是氛围编码？", "What is vibe coding?", "什麼是氛圍編碼？"])
def test_three_spellings_of_one_question(knowledge: KnowledgeBase, question: str) -> None:
    answer = knowledge.ask(question)
    assert answer.status == "answered"
    assert any(DEFINITION in citation.quote for citation in answer.citations)


def test_the_answer_is_made_of_its_quotes(knowledge: KnowledgeBase) -> None:
    answer = knowledge.ask("什么是氛围编码？")
    for citation in answer.citations:
        assert f"{citation.quote} [{citation.number}]" in answer.answer
    assert answer.mode == "extractive"
    assert answer.confidence == max(citation.score for citation in answer.citations)
    assert answer.provenance.generation == 1
    assert answer.provenance.segmenter == knowledge.generation.segmenter.fingerprint
    assert 0 < answer.timings_ms["retrieve"] < answer.timings_ms["total"]


def test_the_shape_of_the_answer(knowledge: KnowledgeBase) -> None:
    answer = asdict(knowledge.ask("什么是氛围编码？"))
    assert list(answer) == [
        "question", "status", "answer", "confidence", "mode", "citations", "writing", "provenance",
        "timings_ms",
    ]  # fmt: skip
    assert list(answer["citations"][0]) == [
        "number", "document", "title", "heading", "start", "end", "quote", "sha256", "passage", "score", "url",
        "page",
    ]  # fmt: skip
    assert list(answer["citations"][0]["passage"]) == ["id", "start", "end"]
    assert list(answer["provenance"]) == ["generation", "embedder", "segmenter", "ranker"]


def test_an_abstention_says_so_and_shows_the_nearest(knowledge: KnowledgeBase) -> None:
    answer = knowledge.ask("今天北京天气怎么样？")
    assert answer.status == "abstained"
    assert answer.answer.startswith("文中没有")
    assert answer.citations
    assert knowledge.ask("今天北京天气怎么样？", threshold=0.0).status == "answered"
    assert knowledge.ask("什么是氛围编码？", threshold=1.0).status == "abstained"


def test_asking_is_the_stream_folded(knowledge: KnowledgeBase) -> None:
    first, *pieces, last = knowledge.ask_stream("什么是氛围编码？")
    assert isinstance(first, Cited)
    assert isinstance(last, Finished)
    assert all(isinstance(piece, Wrote) for piece in pieces)
    assert "".join(piece.text for piece in pieces if isinstance(piece, Wrote)) == last.answer.answer
    answer = knowledge.ask("什么是氛围编码？")
    assert last.answer.answer == answer.answer
    assert (first.status, first.confidence, first.citations) == (
        answer.status,
        answer.confidence,
        answer.citations,
    )


@pytest.mark.parametrize(
    "question", ["", "  \n\t", "？！。", "😀", "\x00", "问" * (LONGEST + 1), "字" * 10_000]
)
def test_no_question(knowledge: KnowledgeBase, question: str) -> None:
    with pytest.raises(QuestionError, match="问题"):
        knowledge.ask(question)


@pytest.mark.parametrize(
    "question", ["什么？", "为什么", "the", "𠮷", "\ud800幽灵", "问" * LONGEST, "幽灵\x00动物"]
)
def test_an_odd_question_is_still_one(knowledge: KnowledgeBase, question: str) -> None:
    assert knowledge.ask(question).status in ("answered", "abstained")


@pytest.mark.parametrize("k", [0, -1, 101, 10**9])
def test_k_out_of_range(knowledge: KnowledgeBase, k: int) -> None:
    with pytest.raises(SettingError, match=str(k)):
        knowledge.search("幽灵", k)


def test_search_finds_passages_best_first(knowledge: KnowledgeBase) -> None:
    found = knowledge.search("幽灵与动物的比喻", 5)
    assert len(found) == 5
    assert "幽灵与动物" in found[0].passage.text
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert len(knowledge.search("幽灵", 100)) <= len(knowledge.generation.contents.passages)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    folder = tmp_path_factory.mktemp("two")
    records = [
        {"_id": "a", "title": "甲", "text": "幽灵住在电脑里。它从不睡觉。"},
        {"_id": "b", "title": "乙", "text": "幽灵住在城堡里。它只在夜里出来。"},
    ]
    (folder / "c.jsonl").write_text("\n".join(map(json.dumps, records)), "utf-8")
    rebuild(folder / "data", [folder / "c.jsonl"])
    return KnowledgeBase.open(folder / "data")


@pytest.mark.parametrize("only", ["a", "b"])
def test_documents_limit_where_to_look(two: KnowledgeBase, only: str) -> None:
    answer = two.ask("幽灵住在哪里？", [only])
    assert {citation.document for citation in answer.citations} == {only}
    assert {found.passage.document.id for found in two.search("幽灵", 10, [only])} == {only}


def test_an_unknown_document(two: KnowledgeBase) -> None:
    with pytest.raises(NotFoundError, match="nope"):
        two.ask("幽灵", ["a", "nope"])
    assert two.ask("幽灵住在哪里？", []).citations == []


def test_the_words_that_ask_are_not_looked_up(knowledge: KnowledgeBase) -> None:
    question = understand("请问什么是 RLVR 的副作用？", knowledge.generation)
    assert question.text == "请问什么是 RLVR 的副作用？"
    assert question.topic.split() == ["rlvr", "副作用?"]
    assert understand("什么？", knowledge.generation).topic == "什么？"


def test_an_english_question_looks_up_the_chinese_names(knowledge: KnowledgeBase) -> None:
    question = understand("Why did benchmarks lose trust?", knowledge.generation)
    assert "基准测试" in question.topic
    assert question.names == ()
    assert understand("氛围编码是什么", knowledge.generation).names == ("vibe coding",)


def test_status(knowledge: KnowledgeBase, data: Path) -> None:
    status = knowledge.status()
    assert status["generation"] == 1
    assert status["counts"]["documents"] == 1
    assert knowledge.data == data


def test_matrices_are_multiplied_by_one_thread(knowledge: KnowledgeBase) -> None:
    """Two workers that each use every core answer a tenth of what one alone does."""
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    assert pools
    assert {pool["num_threads"] for pool in pools} == {1}


def test_more_passages_are_looked_at_where_many_speak_of_a_thing_and_few_define_it(
    knowledge_of: Callable[[dict[str, str]], KnowledgeBase],
) -> None:
    texts = {f"{n}": f"编排 {n} 次，编排 {n + 1} 次，编排要快。" for n in range(15)}
    knowledge = knowledge_of(
        {**texts, "定义": "早先大家都用手工的方式管理许多软件，后来才改变。编排是一种管理软件的办法。"}
    )
    assert "编排是一种" in knowledge.ask("什么是编排？", threshold=0).citations[0].quote
    assert (
        len(knowledge.explain("什么是编排？").found)
        > len(knowledge.explain("怎样编排得快？").found)
        == PASSAGES
    )
