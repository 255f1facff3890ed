import pytest

from index.fold import fold
from rag.shape import ASKED


@pytest.mark.parametrize(
    "question",
    [
        "什么是氛围编码？",
        "氛圍編碼是什麼意思？",
        "何谓幽灵智能",
        "RLVR 指的是什么？",
        "RLVR的定义",
        "What is vibe coding?",
    ],
)
def test_who_asks_what_a_thing_is_asks_for_its_definition(question: str) -> None:
    assert ASKED["asks_definition"].search(fold(question))


@pytest.mark.parametrize(
    "question",
    [
        "氛围编码的影响是什么？",
        "幽灵和动物有什么区别？",
        "谁创造了氛围编码？",
        "为什么说它是什么？因为",
        "RLVR 是哪年提出的？",
    ],
)
def test_who_asks_for_something_of_it_does_not(question: str) -> None:
    assert not ASKED["asks_definition"].search(fold(question))
