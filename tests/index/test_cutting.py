import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.cutting import Tokens, cut_all
from index.document import Document
from index.lexical import cut
from index.segmenter import Segmenter
from index.sentence import split

PIECES = st.sampled_from(
    [*"智能體系统可验证氛围编码的了㐀𠮷野家ｇＰＴ－４ ℃。，（）\n\x1f\u0301é", "gpt-4", "a1", "node.js"]
)
TEXTS = st.lists(st.one_of(st.lists(PIECES, max_size=12).map("".join), st.text(max_size=8)), max_size=6)


@pytest.fixture(scope="module")
def own() -> Segmenter:
    return Segmenter(["智能体系 9", "氛围编码 1000000", "gpt-4"])


def spelled(tokens: Tokens) -> list[list[str]]:
    return [[tokens.names[n] for n in tokens.texts[text]] for text in range(len(tokens.texts))]


@given(texts=TEXTS.filter(any))
def test_many_texts_are_cut_as_each_by_itself(texts: list[str], own: Segmenter) -> None:
    words, bigrams = cut_all(texts, own)
    each = [cut(text, own) for text in texts]
    assert spelled(words) == [list(one.words) for one in each]
    assert spelled(bigrams) == [list(one.bigrams) for one in each]


def test_the_sentences_of_a_document(review: Document, own: Segmenter) -> None:
    texts = [review.text[start:end] for start, end in split(review.text)]
    words, bigrams = cut_all(texts, own)
    assert spelled(words) == [list(cut(text, own).words) for text in texts]
    assert spelled(bigrams) == [list(cut(text, own).bigrams) for text in texts]
    assert len(set(words.names)) == len(words.names)
    assert len(set(bigrams.names)) == len(bigrams.names)
