import pytest

from rag.followup import LONGEST_TOPIC, complete
from rag.knowledge import KnowledgeBase


@pytest.mark.parametrize(
    ("questions", "completed"),
    [
        (["什么是氛围编码？"], "什么是氛围编码？"),
        (["什么是氛围编码？", "它有什么好处？"], "氛围编码：它有什么好处？"),
        (["什么是氛围编码？", "為什麼？"], "氛围编码：為什麼？"),
        (["什么是氛围编码？", "还有呢？"], "氛围编码：还有呢？"),
        (["什么是氛围编码？", "能举个例子吗"], "氛围编码：能举个例子吗"),
        (["什么是氛围编码？", "那风险呢？"], "氛围编码：那风险呢？"),
        (["什么是氛围编码？", "那 RLVR 呢？"], "那 RLVR 呢？"),
        (["什么是氛围编码？", "那基准测试呢？"], "那基准测试呢？"),
        (["什么是氛围编码？", "RLVR 是什么？"], "RLVR 是什么？"),
        (["什么是氛围编码？", "这篇文章讲了什么？"], "这篇文章讲了什么？"),
        (["什么是氛围编码？", "其他范式有哪些？"], "其他范式有哪些？"),
        (["What is vibe coding?", "Who created it?"], "vibe coding：Who created it?"),
        (["什么是 RLVR？", "它有什么副作用？", "为什么？"], "rlvr 副作用：为什么？"),
        (["什么是 RLVR？", "为什么？", "幽灵是什么", "它和动物有什么不同？"], "幽灵：它和动物有什么不同？"),
        (["为什么？", "它是什么？"], "它是什么？"),
        (["？", "它是什么？"], "它是什么？"),
        (["什么是氛围编码？", "它好在哪\ud83d？"], "氛围编码：它好在哪\ufffd？"),
        (["什么是氛围编码？", ""], ""),
        ([], ""),
    ],
)
def test_what_a_question_leans_on(knowledge: KnowledgeBase, questions: list[str], completed: str) -> None:
    assert complete(questions, knowledge.generation) == completed


def test_a_long_conversation_does_not_grow(knowledge: KnowledgeBase) -> None:
    questions = ["什么是氛围编码？", *[f"它的第{n}种用途的长处短处与来历？" for n in range(100)]]
    assert len(complete(questions, knowledge.generation)) < LONGEST_TOPIC + 30


def test_a_follow_up_finds_what_was_spoken_of(knowledge: KnowledgeBase) -> None:
    asked = complete(["什么是氛围编码？", "它是谁创造的？"], knowledge.generation)
    assert "Karpathy 创造" in knowledge.ask(asked).answer


@pytest.mark.parametrize("question", ["为什么？", "是什么", "你是谁", "的", "What is it?"])
def test_a_question_of_nothing_has_no_answer(knowledge: KnowledgeBase, question: str) -> None:
    assert knowledge.ask(question).status == "abstained"
