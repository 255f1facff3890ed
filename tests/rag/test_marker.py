import re
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.marker import LONGEST, Reader, Sentence

KEYS = {"ref-ab1a": 1, "ref-ab1b": 2, "ref-ab1c": 3}
QUOTES = "见 https://example.org/a 。"


def read(pieces: Iterable[str]) -> list[Sentence]:
    reader = Reader(KEYS, QUOTES)
    return [one for piece in pieces for one in reader.read(piece)] + list(reader.rest())


@pytest.mark.parametrize(
    ("written", "texts", "cited", "unknown"),
    [
        ("甲。[ref-ab1a]乙！[ref-ab1b]", ["甲。[1]", "乙！[2]"], [[1], [2]], 0),
        ("甲[ref-ab1a]，乙[ref-ab1b]。丙。", ["甲[1]，乙[2]。", "丙。"], [[1, 2], []], 0),
        ("甲。[ref-ab1a, ref-ab1c]", ["甲。[1][3]"], [[1, 3]], 0),
        ("甲。【REF-AB1A】[[ref-ab1b]](ref-ab1c)", ["甲。[1][2][3]"], [[1, 2, 3]], 0),
        ("甲 ref-ab1a。", ["甲[1]。"], [[1]], 0),
        ("甲。[ref-ab1z]乙。[1]", ["甲。", "乙。"], [[], []], 2),
        ("甲。[1, 2]【3】［４］[^5]【6:0†a.txt】", ["甲。"], [[]], 6),
        ("甲[1[9] ]。", ["甲。"], [[]], 2),
        ("“甲。”[ref-ab1a] 乙？！丙", ["“甲。”[1]", " 乙？！", "丙"], [[1], [], []], 0),
        ("题\n- 甲 [ref-ab1a]\n- 乙", ["题\n", "- 甲[1]\n", "- 乙"], [[], [1], []], 0),
        (
            "It is 3.14 here. [ref-ab1a] So e.g. this.",
            ["It is 3.14 here.[1]", " So e.g. this."],
            [[1], []],
            0,
        ),
        ("arr[i] 在 [2025] 年[注]。", ["arr[i] 在 [2025] 年[注]。"], [[]], 0),
        ("看[这里](http://evil.example/?q=1)。", ["看这里。"], [[]], 1),
        ("![](http://evil.example/a.png)甲。", ["甲。"], [[]], 1),
        ("见 https://example.org/a 。", ["见 https://example.org/a 。"], [[]], 0),
        ("见 www.evil.example 。", ["见  。"], [[]], 1),
        ("<think>甲。[ref-ab1a]\n乙</think>丙。[ref-ab1b]", ["丙。[2]"], [[2]], 0),
        ("<think>没有想完。", [], [], 0),
        (" \n", [], [], 0),
    ],
)
def test_marks(written: str, texts: list[str], cited: list[list[int]], unknown: int) -> None:
    for pieces in ([written], list(written), re.findall(r"(?s).{1,3}", written)):
        sentences = read(pieces)
        assert [one.text for one in sentences] == texts
        assert [one.cited for one in sentences] == cited
        assert sum(one.unknown for one in sentences) == unknown


def test_a_sentence_comes_as_soon_as_the_next_begins() -> None:
    reader = Reader(KEYS, "")
    assert list(reader.read("甲。")) == []
    assert list(reader.read("[ref-ab1a")) == []
    assert list(reader.read("]")) == []
    assert [one.text for one in reader.read("乙")] == ["甲。[1]"]


def test_a_sentence_without_an_end_is_cut() -> None:
    assert [len(one.text) for one in read(["字" * (LONGEST + 50)])] == [LONGEST, 50]


PARTS = st.sampled_from(
    [*KEYS, "ref-", "ref-zzzz", "[", "]", "【", "】", "(", ")", "!", "1", "２", "^", "†", ":", ",", "、", " ", "\n",
     "。", "？", "”", "甲", "乙", "a", ".", "…", "<think>", "</think>", "http://x.y", "\0", "\r", "https://example.org/a"]
)  # fmt: skip
TEXTS = st.lists(PARTS, max_size=30).map("".join)


@given(TEXTS, st.lists(st.integers(1, 5), min_size=1))
def test_how_the_text_is_split_changes_nothing(text: str, sizes: list[int]) -> None:
    pieces, at = [], 0
    while at < len(text):
        pieces.append(text[at : at + sizes[len(pieces) % len(sizes)]])
        at += len(pieces[-1])
    assert read(pieces) == read([text])


CITATION = re.compile(r"[\[【［〔]\s{0,2}\^?(\d{1,3})\s{0,2}[\]】］〕]|ref-[0-9a-z]", re.IGNORECASE)


@given(TEXTS)
def test_what_looks_like_a_citation_is_one(text: str) -> None:
    for sentence in read([text]):
        numbers = [int(match[1] or 0) for match in CITATION.finditer(sentence.text)]
        assert list(dict.fromkeys(numbers)) == sentence.cited
        assert set(sentence.cited) <= set(KEYS.values())


@given(st.text(st.sampled_from("甲乙。？！…”\nab .,—1２"), max_size=60))
def test_what_has_no_marks_stays_as_it_is(text: str) -> None:
    assert "".join(one.text for one in read([text])).strip() == text.strip()
