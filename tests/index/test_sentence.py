import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.document import Document, canonical
from index.sentence import LONGEST, split

MARKS = "。 ！？ ； …… ” “ ( ) ** . ， -".split(" ")
WORDS = [
    "今天天气好",
    "Karpathy",
    " ",
    "3.5",
    "o1/o3",
    "\t",
    "𠮷野家",
    "😀",
    "１２３",
    "e\u0301",
    "a" * 70,
    "字" * 300,
]
LINES = ["\n", "\n\n", "\r\n", "\n- ", "\n1. ", "\n# "]
PIECES = st.sampled_from([*MARKS, *WORDS, *LINES])
TEXTS = st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=40).map("".join)).map(canonical)


def says(text: str) -> list[str]:
    return [text[start:end] for start, end in split(text)]


@given(TEXTS)
def test_sentences_cover_all_words_in_order(text: str) -> None:
    spans = split(text)
    assert spans == sorted(spans)
    assert all(one.end <= other.start for one, other in pairwise(spans))
    for start, end in spans:
        sentence = text[start:end]
        assert 0 < end - start <= LONGEST
        assert sentence == sentence.strip()
        assert re.search(r"\w", sentence)
    left_out = list(text)
    for start, end in spans:
        left_out[start:end] = " " * (end - start)
    assert not re.search(r"\w", "".join(left_out))


def test_one_very_long_line_is_cut() -> None:
    text = canonical("很长的一行没有句号" * 5556)[:50_000]
    spans = split(text)
    assert "".join(text[start:end] for start, end in spans) == text
    assert max(end - start for start, end in spans) <= 200


def test_a_long_sentence_is_cut_after_a_comma() -> None:
    first = "甲" * 149 + "，"
    assert says(first + "乙" * 149 + "。") == [first, "乙" * 149 + "。"]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("一。二！三？四；五…六", ["一。", "二！", "三？", "四；", "五…", "六"]),
        ("他说：“好。”然后走了。", ["他说：“好。”", "然后走了。"]),
        ("真的吗？！太好了……", ["真的吗？！", "太好了……"]),
        ("**重点在此。**后文。", ["**重点在此。**", "后文。"]),
        ("前文。**重点在此。**后文。", ["前文。", "**重点在此。**", "后文。"]),
        ('前文。"引文。"后文。', ["前文。", '"引文。"', "后文。"]),
        ("OpenAI 的 o1/o3 与 3.5 版见 karpathy.bearblog.dev 一文。", None),
        ("幽灵与动物(Ghosts vs. Animals)的比喻。", None),
        ("J. K. 罗琳写的书。", None),
        ("使用 e.g. Python 这样的语言", None),
        ("It works. Then it stops.", ["It works.", "Then it stops."]),
        ("这是 GPT. 那是 BERT.", ["这是 GPT.", "那是 BERT."]),
        ("1. 第一项", None),
        ("a?b=c 不断开", None),
        ("标题\n正文", ["标题", "正文"]),
        (
            "这一行在编辑器里被折成了几行所以它没有写完就换行了接着写下面还有一些字\n后面是同一句话的结尾。",
            None,
        ),
        ("- 第一项\n- 第二项", ["- 第一项", "- 第二项"]),
        ("。。。\n---\n", []),
    ],
)
def test_ends(text: str, sentences: list[str] | None) -> None:
    assert says(text) == ([text] if sentences is None else sentences)


def test_the_review(review: Document) -> None:
    sentences = says(review.text)
    assert "OpenAI 的 o1/o3 和 DeepSeek R1 便是此范式的代表。" in sentences
    assert "Karpathy 提出了 “幽灵与动物(Ghosts vs. Animals)” 的比喻。" in sentences
    assert "**软件开发的门槛不再是掌握复杂的编程语言,而是清晰表达需求的能力。**" in sentences
    assert "karpathy.bearblog.dev" in sentences


@pytest.mark.parametrize("piece", ["No. 5 ", "One line. ", '"Quoted." ', "a.b ", "**粗。**", "氛围。"])
def test_a_very_long_line(piece: str) -> None:
    """Quadratic time would take many minutes here."""
    text = piece * (300_000 // len(piece))
    assert sum(end - start for start, end in split(text)) > 0.7 * len(text)
