import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.document import Document
from index.fold import fold
from index.segmenter import Segmenter
from index.words import cutter

OWN = [
    "智能体系 9",
    "可验证奖励",
    "gpt-4",
    "node.js",
    "a1 100000",
    "的氛围 0",
    "氛围编码 1000000000000",
    "体",
    "可选 12",
    "萹蓄 0",
    "囍 0",
    "团 0",
    f"在中国 {1 << 70}",
]
PIECES = st.sampled_from(
    [
        *"智能体系统可验证奖励强化学习氛围编码的了在中国人民萹蓄囍团",
        *"aZ19.-_%+#&@。 \t\r\n\u3400𠮷é",
        "\r\n",
        *OWN,
    ]
)
TEXTS = st.one_of(st.lists(PIECES, max_size=40).map("".join), st.text(max_size=20))
OWN_WORDS = st.dictionaries(
    st.text("智能体系统可验证的在中国a1-", min_size=1, max_size=4), st.integers(1, 1 << 40), max_size=6
)


@pytest.fixture(scope="module")
def own() -> Segmenter:
    return Segmenter(OWN)


@settings(deadline=None, max_examples=500)
@given(text=TEXTS)
def test_any_text_falls_into_the_words_of_jieba(text: str, own: Segmenter) -> None:
    assert list(own.pieces_once(text)) == list(own._scales.cut(fold(text), HMM=False))


@settings(deadline=None, max_examples=30)
@given(words=OWN_WORDS, texts=st.lists(TEXTS, min_size=1, max_size=20))
def test_any_own_words_are_weighed_as_by_jieba(words: dict[str, int], texts: list[str]) -> None:
    own = Segmenter(f"{word} {frequency}" for word, frequency in words.items())
    for text in texts:
        assert list(own.pieces_once(text)) == list(own._scales.cut(fold(text), HMM=False))


def test_prose_falls_into_the_words_of_jieba(review: Document, own: Segmenter) -> None:
    assert list(own.pieces_once(review.text)) == list(own._scales.cut(fold(review.text), HMM=False))


def test_of_paths_that_weigh_the_same_the_longer_word_comes_first() -> None:
    own = Segmenter(["丄 1", "丄丅 1", "丅丏 1", "丏 1"])
    assert own.pieces_once("丄丅丏") == ("丄丅", "丏")


def test_both_dictionaries_have_the_same_words_as_often() -> None:
    ours, theirs = cutter({}), Segmenter()._scales
    for word, frequency in [*theirs.FREQ.items()][::7]:
        assert ours.has_word(word) == (frequency > 0)
        if frequency and ours.cut(word, hmm=False) == [word]:
            assert ours.suggest_freq(word) in (frequency, frequency + 1)
