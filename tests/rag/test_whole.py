from collections.abc import Callable

import pytest

from rag.evidence import QUOTES
from rag.knowledge import KnowledgeBase
from rag.question import understand
from rag.retrieval import retrieve
from rag.whole import wholes

Make = Callable[[dict[str, str]], KnowledgeBase]


def titles(question: str, knowledge: KnowledgeBase, documents: list[str] | None = None) -> list[str]:
    generation = knowledge.generation
    asked = understand(question, generation)
    numbers = wholes(asked, retrieve(asked, generation, 10, documents), generation, documents)
    return [generation.contents.documents[number].title for number in numbers]


@pytest.mark.parametrize(
    "question",
    [
        "这篇文章讲了什么？",
        "您好，请问这篇文章主要讲了啥？谢谢！",
        "總結一下這份報告",
        "用一句话概括全文的中心思想",
        "作者想表达什么",
        "主要观点有哪些",
        "这份合同的主要内容",
        "讲了些什么？",
        "总结",
        "老师布置的作业，这篇文章讲了什么？",
        "What is this article about?",
        "Please summarize the main points of the document.",
    ],
)
def test_what_it_is_about_as_a_whole(question: str, knowledge: KnowledgeBase) -> None:
    assert len(titles(question, knowledge)) == 1


@pytest.mark.parametrize(
    "question",
    [
        "什么是氛围编码？",
        "什么是总结？",
        "文章为什么讲氛围编码？",
        "这篇文章是谁写的？",
        "这篇文章是什么时候写的？",
        "文章里怎么讲幽灵的？",
        "合同的主要内容是什么？",
        "Karpathy 的主要观点是什么？",
        "RLVR 讲的是什么？",
        "这篇文章有多少字？",
        "What does the author say about ghosts?",
        "你好",
    ],
)
def test_something_in_it(question: str, knowledge: KnowledgeBase) -> None:
    assert titles(question, knowledge) == []


NOTES = {
    f"{name}规定": f"{name}应当事先申请。{name}由主管批准。" for name in ("请假", "出差", "加班", "报销")
}


def test_few_documents_are_told_of_together(knowledge_of: Make) -> None:
    few = dict(list(NOTES.items())[:QUOTES])
    assert sorted(titles("这些文档讲了什么", knowledge_of(few))) == sorted(few)


def test_of_many_documents_those_that_are_named(knowledge_of: Make) -> None:
    knowledge = knowledge_of(NOTES)
    assert titles("文档讲了什么", knowledge) == []
    assert titles("加班规定这篇文档讲了什么", knowledge) == ["加班规定"]
    assert titles("加班规定和考勤这篇文档讲了什么", knowledge) == []
    assert titles("加班规定的内容", knowledge) == []
    assert titles("加班文档讲了什么", knowledge_of(NOTES | {"加班、出差、请假与报销的规定": "见各处。"})) == [
        "加班规定"
    ]
    assert titles("文档讲了什么", knowledge, ["出差规定"]) == ["出差规定"]
