import math
import subprocess
import sys

import jieba
import pytest
import rjieba
from hypothesis import given, settings
from hypothesis import strategies as st

from index.document import Document
from index.fold import fold
from index.words import Words

OWN = {
    "智能体系": 9,
    "可验证奖励": 1,
    "gpt-4": 1,
    "node.js": 1,
    "a1": 100000,
    "的氛围": 0,
    "氛围编码": 1000000000000,
    "体": 1,
    "可选": 12,
    "萹蓄": 0,
    "在中国": 1 << 70,
}
PIECES = st.sampled_from(
    [
        *"智能体系统可验证奖励强化学习氛围编码的了在中国人民萹蓄囍团",
        *"aZ19.-_%+#&@。 \t\r\n\u3400𠮷é",
        "\r\n",
        *OWN,
    ]
)
TEXTS = st.one_of(st.lists(PIECES, max_size=40).map("".join), st.text(max_size=20))
SOME_WORDS = st.dictionaries(
    st.text("智能体系统可验证的在中国a1-", min_size=1, max_size=4), st.integers(1, 1 << 40), max_size=6
)


class Both:
    """The same own words told to jieba-rs and to jieba."""

    base = jieba.Tokenizer()

    def __init__(self, own: dict[str, int]) -> None:
        self.base.initialize()
        self.words, self.jieba = Words({}), jieba.Tokenizer()
        self.jieba.FREQ, self.jieba.total = self.base.FREQ.copy(), self.base.total
        self.jieba.initialized = True
        for word, frequency in own.items():
            self.add(word, frequency)

    def add(self, word: str, frequency: int) -> None:
        self.words.add({word: frequency})
        self.jieba.FREQ[word] = frequency
        for end in range(1, len(word)):
            self.jieba.FREQ.setdefault(word[:end], 0)

    def check(self, text: str) -> None:
        assert self.words.cut(text) == list(self.jieba.cut(text, HMM=False))

    def check_weight(self, text: str) -> None:
        ours, theirs = self.words.cut(text), list(self.jieba.cut(text, HMM=False))
        if ours != theirs:  # of ways that weigh the same: 团 and 团团, or 团团 and 团
            assert "".join(ours) == text
            assert self.weight(ours) == pytest.approx(self.weight(theirs), rel=1e-12)

    def weight(self, words: list[str]) -> float:
        """What jieba would have the most of."""
        return sum(math.log((self.jieba.FREQ.get(word) or 1) / self.jieba.total) for word in words)


@pytest.fixture(scope="module")
def both() -> Both:
    return Both(OWN)


@settings(max_examples=300)
@given(text=TEXTS)
def test_any_text_falls_into_the_words_of_jieba(text: str, both: Both) -> None:
    both.check_weight(text)


@settings(max_examples=15)
@given(own=SOME_WORDS, texts=st.lists(TEXTS, min_size=1, max_size=20))
def test_any_own_words_count_as_in_jieba(own: dict[str, int], texts: list[str]) -> None:
    both = Both(own)
    for text in texts:
        both.check_weight(text)


def test_what_one_is_told_no_other_knows() -> None:
    plain, told = Words({}), Words({})
    told.add({"智能体系": 1 << 40})
    assert told.cut("智能体系") == ["智能体系"]
    for one in (plain, Words({})):
        assert one.cut("智能体系") == list(Both.base.cut("智能体系", HMM=False))


def test_prose_falls_into_the_words_of_jieba(review: Document, both: Both) -> None:
    both.check(fold(review.text))


def test_new_words_are_weighed_as_by_jieba(review: Document) -> None:
    both = Both({})
    text = fold(review.text)
    for start in range(0, len(text), 7):
        word = text[start : start + 3 + start % 4]
        if len(both.words.cut(word)) > 1:
            assert both.words.weigh(word) == both.jieba.suggest_freq(word)
            both.add(word, both.words.weigh(word))
    both.check(text)


def test_of_paths_that_weigh_the_same_the_longer_word_comes_first() -> None:
    both = Both({"丄": 1, "丄丅": 1, "丅丏": 1, "丏": 1})
    both.check("丄丅丏")
    assert both.words.cut("丄丅丏") == ["丄丅", "丏"]


def test_a_word_that_is_weighed_again_counts_once() -> None:
    both = Both({"智能体系": 1 << 40, "可选": 1 << 41})
    both.add("智能体系", 9)
    both.add("可选", 12)
    for text in ("智能体系统可选", "可选择的智能体系", "研究生命起源"):
        both.check(text)
    assert both.words.weigh("在中国人民") == both.jieba.suggest_freq("在中国人民")


def test_a_single_character_is_held_to_occur_once_at_least() -> None:
    never, once = Both({"团": 0, "囍": 0}), Both({"团": 1, "囍": 1})
    for text in ("团团体", "囍囍", "团"):
        assert never.words.cut(text) == once.words.cut(text)
        once.check(text)


def test_both_dictionaries_have_the_same_words_as_often() -> None:
    both, plain = Both({}), rjieba.Jieba()
    for word, frequency in [*both.jieba.FREQ.items()][::7]:
        assert plain.has_word(word) == (frequency > 0)
        if frequency and both.words.cut(word) == [word]:
            assert both.words.weigh(word) in (frequency, frequency + 1)


def test_no_dictionary_is_loaded_that_nobody_asks() -> None:
    code = "import sys; from index.words import Words; print(Words({}).cut('我们'), 'rjieba' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "['我们'] False\n"
