import numpy as np
import pytest

from index.lexical import cut
from rag.aside import aside
from rag.knowledge import THRESHOLD, KnowledgeBase
from rag.overlap import Overlap


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("我是新手,什么是氛围编码?", "我 新手"),
        ("老师布置的作业,为什么基准测试失去公信力?", "老师 布置 的 作业"),
        ("刚开始学,不太懂。幽灵是什么?", "刚 开始 学 不 太 懂"),
        ("什么是幽灵?看了半天没看懂", "看 了 半天 没 懂"),
        ("老板催得紧,氛围编码的好处", "老板 催 得 紧"),
        ("老板催得紧,这篇文章讲了什么?", "老板 催 得 紧"),
        ("什么是氛围编码?", ""),
        ("氛围编码是什么,有什么好处?", ""),
        ("那家店很有名,它有什么招牌?", ""),
        ("2025年,幽灵指什么?", ""),
        ("cursor 很火,应用层是什么?", ""),
        ("“动物”不好,幽灵是什么?", ""),
        ("氛围编码很火,有什么好处?", ""),
    ],
)
def test_words_told_beside_the_question(question: str, words: str, knowledge: KnowledgeBase) -> None:
    found = aside(question, knowledge.generation.segmenter)
    assert set(words.split()) <= found
    assert bool(found) == bool(words)


def test_what_is_asked_is_never_aside(knowledge: KnowledgeBase) -> None:
    assert "学" not in aside("我在学,怎么学编程?", knowledge.generation.segmenter)
    assert "软件" not in aside("老板催得紧,软件的好处", knowledge.generation.segmenter)


@pytest.mark.parametrize("told", ["老师布置的作业，", "看了半天没看懂，", "第一次用这个系统，"])
def test_it_does_not_shake_the_answer(told: str, knowledge: KnowledgeBase) -> None:
    plain, beside = (knowledge.ask(f"{one}为什么基准测试失去公信力？") for one in ("", told))
    assert beside.confidence > 0.9 * plain.confidence
    assert beside.citations[0].quote == plain.citations[0].quote


def test_a_question_with_little_left_is_weighed_whole(knowledge: KnowledgeBase) -> None:
    assert knowledge.ask("钱花光了，未来怎么办？").confidence < THRESHOLD


def test_the_share_is_the_greater_one(knowledge: KnowledgeBase) -> None:
    generation = knowledge.generation
    tokens = cut("老师布置的作业 基准测试失去公信力", generation.segmenter)
    held = np.array(
        [[word in text for text in ("老师布置的作业", "基准测试失去公信力")] for word in tokens.words]
    )
    whole = Overlap(generation.lexical, tokens, generation.segmenter.kind).settled_share(held)[0]
    beside = frozenset(cut("老师布置的作业", generation.segmenter).words)
    without = Overlap(generation.lexical, tokens, generation.segmenter.kind, beside).settled_share(held)[0]
    assert without[0] == whole[0]
    assert without[1] > 0.8 > whole[1]
