import jieba
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.document import Document
from index.fold import fold
from index.segmenter import Segmenter
from index.words import Weights, words_of

OWN = [
    "智能体系 9",
    "可验证奖励",
    "gpt-4",
    "node.js",
    "a1 100000",
    "的氛围 0",
    "氛围编码 1000000000000",
    "体",
]
PIECES = st.sampled_from(
    [*"智能体系统可验证奖励强化学习氛围编码的了在中国人民", *"aZ19.-_%+#&@。 \t\r\n\u3400𠮷é", "\r\n", *OWN]
)
TEXTS = st.one_of(st.lists(PIECES, max_size=40).map("".join), st.text(max_size=20))


@pytest.fixture(scope="module")
def tokenizer() -> jieba.Tokenizer:
    return Segmenter(OWN)._tokenizer


def check(text: str, tokenizer: jieba.Tokenizer) -> None:
    expected = list(tokenizer.cut(text, HMM=False))
    assert words_of(text, tokenizer.FREQ, Weights(tokenizer.total)) == expected


@settings(deadline=None, max_examples=500)
@given(text=TEXTS)
def test_any_text_falls_into_the_words_of_jieba(text: str, tokenizer: jieba.Tokenizer) -> None:
    check(text, tokenizer)


def test_prose_falls_into_the_words_of_jieba(review: Document, tokenizer: jieba.Tokenizer) -> None:
    check(fold(review.text), tokenizer)


def test_of_paths_that_weigh_the_same_the_longer_word_comes_first() -> None:
    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total, tokenizer.initialized = {"甲": 1, "甲乙": 1, "乙丙": 1, "丙": 1}, 9, True
    check("甲乙丙", tokenizer)
    assert words_of("甲乙丙", tokenizer.FREQ, Weights(9)) == ["甲乙", "丙"]
