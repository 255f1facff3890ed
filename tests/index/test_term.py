import base64
import random

import pytest

from index.document import Document
from index.segmenter import Segmenter
from index.term import Glossary, Term, dictionary_of, mine


def terms_of(text: str, segmenter: Segmenter) -> list[Term]:
    return mine([Document("d", "d", text)], segmenter)


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("提出了“氛围编码(Vibe Coding)”的说法", ("氛围编码", "vibe coding")),
        ("運行在本地（Localhost）的程式", ("本地", "localhost")),
        ("所谓 RLVR(基于可验证奖励的强化学习) 的确立", ("rlvr", "基于可验证奖励的强化学习")),
        ("RLVR(Reinforcement Learning from Verifiable Rewards,强化学习)", ("rlvr", "强化学习")),
        ("Claude Code (CC) 定义了", ("claude code", "cc")),
        ("更长的思维链(Thinking Time),", ("思维链", "thinking time")),
        ("**基准测试**(Benchmarks)", ("基准测试", "benchmarks")),
    ],
)
def test_pairs_in_both_orders(text: str, pair: tuple[str, str], segmenter: Segmenter) -> None:
    assert pair in {(term.name, term.other) for term in terms_of(text, segmenter)}


@pytest.mark.parametrize(
    "text",
    [
        "应用层(如 Cursor)",
        "Cursor(如代码编辑器)",
        "RLVR(也叫做新阶段)",
        "调用 read(offset) 函数",
        "苹果(见下文)很好",
        "使用以下命令安装 vLLM（更多信息请查看我们的安装指南）：",
        "Google Colab（国内网络无法使用）",
    ],
)
def test_remarks_are_no_pairs(text: str, segmenter: Segmenter) -> None:
    assert not [term for term in terms_of(text, segmenter) if term.other]


def test_latin_names_are_terms(review: Document, segmenter: Segmenter) -> None:
    names = {term.name for term in mine([review], segmenter)}
    assert {"claude code", "nano banana", "cursor", "karpathy", "rlvr", "test-time", "氛围编码"} <= names


def test_names_join_the_dictionary_unless_a_function_word_is_in_them(
    review: Document, segmenter: Segmenter
) -> None:
    words = dictionary_of(mine([review], segmenter), segmenter)
    assert {"氛围编码", "测试时计算", "基准测试"} <= set(words)
    assert "参差不齐的智能" not in words


def test_the_two_names_of_one_thing_meet(review: Document) -> None:
    own = Segmenter()
    terms = mine([review], own)
    own.extend(dictionary_of(terms, own))
    glossary = Glossary(terms, own)
    assert glossary.others("What is Vibe Coding?") == ["氛围编码"]
    assert glossary.others("什麼是氛圍編碼？") == ["vibe coding"]
    assert glossary.others("今天天气") == []


def test_a_name_glossed_in_many_ways_has_no_other_name(segmenter: Segmenter) -> None:
    many = [Term("null", other, 1) for other in ("空", "零", "无")]
    assert Glossary(many, segmenter).others("null 是什么") == []
    again = [*many, Term("null", "空值", 2)]
    assert Glossary(again, segmenter).others("null 是什么") == ["空值"]


def test_a_picture_in_base64_takes_no_age(segmenter: Segmenter) -> None:
    picture = base64.b64encode(random.Random(0).randbytes(400_000)).decode()
    assert terms_of(f"图：data:image/png;base64,{picture} 氛围编码(Vibe Coding)", segmenter)


def test_a_line_of_asterisks_takes_no_age(segmenter: Segmenter) -> None:
    assert [term.name for term in terms_of("*" * 400_000 + "\n“氛围编码”", segmenter)] == ["氛围编码"]
