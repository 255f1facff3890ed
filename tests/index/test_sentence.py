import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.document import Document, canonical
from index.segmented import segment
from index.segmenter import Segmenter
from index.sentence import LONGEST, split, unwrapped
from index.static import StaticEmbedder

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
        ("“好。”他说，“走吧。”", None),
        ("“走吧！”阿来惊叫起来。雪停了。", ["“走吧！”阿来惊叫起来。", "雪停了。"]),
        ("“走吧。”她放下表，又说起父亲。", ["“走吧。”", "她放下表，又说起父亲。"]),
        (
            "饭夹生\t水少；有异物\t按刻度加水。\n饭焦\t有饭粒",
            ["饭夹生\t水少；有异物\t按刻度加水。", "饭焦\t有饭粒"],
        ),
        ("| E1 | 断电；重启。 |\n| E2 | 擦净 |", ["| E1 | 断电；重启。 |", "| E2 | 擦净 |"]),
        ("[![CI](https://a.b/ci)](https://a.b) ![版本](c.svg)", None),
        ("先装：\n```sh\npip install a\na run\n```", ["先装：", "```sh\npip install a", "a run"]),
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
        (
            "本公司股东大会于去年五月十二日在本市召开会上通过了向全体股东每十股派发现金红利\n2.5元（含税）的方案。",
            None,
        ),
        ("- 第一项\n- 第二项", ["- 第一项", "- 第二项"]),
        ("。。。\n---\n", []),
    ],
)
def test_ends(text: str, sentences: list[str] | None) -> None:
    assert says(text) == ([text] if sentences is None else sentences)


WRAPPED = """    运河北起通州，南到杭州，是世界上里程最长的
古代运河。它的开凿始于春秋时期，当时的目的只是
运兵。

    隋朝统一全国，为了把江南的粮食运到京城，在
五年里先后开凿了三段新的河道，前后动用民工几百
万人。
"""


def test_lines_that_are_wrapped_at_the_same_width_go_on() -> None:
    assert says(WRAPPED) == [
        "运河北起通州，南到杭州，是世界上里程最长的\n古代运河。",
        "它的开凿始于春秋时期，当时的目的只是\n运兵。",
        "隋朝统一全国，为了把江南的粮食运到京城，在\n五年里先后开凿了三段新的河道，前后动用民工几百\n万人。",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "床前明月光，\n疑是地上霜，\n举头望明月，\n低头思故乡",
        "大家好今天我们来聊聊定投\n很多朋友问我手里有一点闲钱不知道应该买什么\n我说\n先买指数基金\n为什么呢\n费用低",
        "\n".join(f"2024-05-1{n} 08:00:00 INFO 第 {n} 次启动完成" for n in range(9)),
    ],
)
def test_lines_of_verse_speech_and_records_do_not_go_on(text: str) -> None:
    assert says(text) == text.split("\n")


def test_words_cut_by_a_wrap_are_whole() -> None:
    assert unwrapped("古代运\n  河与 Git\n命令") == "古代运河与 Git\n命令"
    cut = segment([Document("d", "d", WRAPPED)], Segmenter(), StaticEmbedder())
    assert "几百万" in cut.words.names


def test_long_rows_of_a_table_do_not_go_on() -> None:
    rows = [f"项目{n}\t{'说明' * 15}\t备注" for n in range(3)]
    assert says("\n".join(rows)) == rows


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


def test_a_long_row_of_signs_takes_no_age() -> None:
    assert [end - start for start, end in split("中" + "😀" * 1_000_000)] == [LONGEST]
