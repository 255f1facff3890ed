import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from index.field import Field, Numbered
from index.fieldwriter import FieldWriter
from index.generation import Contents
from index.highest import sums
from index.lexical import BIGRAM_WEIGHT, Bm25Index, best, cut
from index.postings import K1, B, Scores
from index.ragged import Ragged
from index.segmenter import Segmenter

NOTHING = Contents.nothing()
TOKENS = st.lists(st.sampled_from("abcdefg"), max_size=8)


def field_of(sentences: list[list[str]], owners: list[int], contexts: list[list[str]]) -> Field:
    names = sorted({token for one in sentences + contexts for token in one})
    rows = (
        Ragged.of([[names.index(token) for token in one] for one in some]) for some in (sentences, contexts)
    )
    firsts = np.searchsorted(owners, np.arange(len(contexts) + 1))
    with TemporaryDirectory() as scratch:
        writer = FieldWriter(Path(scratch, "field"), NOTHING.lexical.words, np.zeros(1, np.int64))
        writer.add(Numbered(*rows, names))
        writer.finish(firsts)
        return Field.load(Path(scratch, "field"))


def index_of(texts: list[str], segmenter: Segmenter) -> Bm25Index:
    cuts, owners, none = [cut(text, segmenter) for text in texts], list(range(len(texts))), [[]] * len(texts)
    return Bm25Index(
        field_of([list(one.words) for one in cuts], owners, none),
        field_of([list(one.bigrams) for one in cuts], owners, none),
        segmenter,
    )


def scores_of(field: Field, question: Sequence[str]) -> Scores:
    return sums([*field.addends(question)], field.postings.norms, field.size, field.size)[0]


def bm25(corpus: list[list[str]], question: list[str]) -> list[float]:
    """Robertson and Zaragoza's BM25 with Lucene's idf, written out."""
    n, average = len(corpus), sum(map(len, corpus)) / len(corpus)
    frequency = Counter(token for tokens in corpus for token in set(tokens))
    scores = []
    for tokens in corpus:
        counts = Counter(tokens)
        score = 0.0
        for token in question:
            idf = math.log(1 + (n - frequency[token] + 0.5) / (frequency[token] + 0.5))
            tf = counts[token]
            score += idf * tf / (tf + K1 * (1 - B + B * len(tokens) / average))
        scores.append(score)
    return scores


@given(corpus=st.lists(TOKENS, min_size=1, max_size=8).filter(any), question=TOKENS)
def test_field_is_bm25(corpus: list[list[str]], question: list[str]) -> None:
    field = field_of(corpus, list(range(len(corpus))), [[]] * len(corpus))
    np.testing.assert_allclose(scores_of(field, question), bm25(corpus, question), rtol=1e-4, atol=1e-5)
    with patch("index.postings.BLOCK", 3), patch("index.gathered._BLOCK", 3):
        in_blocks = field_of(corpus, list(range(len(corpus))), [[]] * len(corpus))
    np.testing.assert_array_equal(scores_of(in_blocks, question), scores_of(field, question))
    known = {token for tokens in corpus for token in tokens}
    for token in known:
        frequency = sum(token in tokens for tokens in corpus)
        expected = math.log(1 + (len(corpus) - frequency + 0.5) / (frequency + 0.5))
        assert math.isclose(field.rarity(token), expected, rel_tol=1e-6)
        assert field.frequency(token) == frequency
    assert field.frequency("z") == 0


def test_a_passage_is_its_context_and_its_sentences() -> None:
    field = field_of([["a", "b"], ["c"], ["a"]], [0, 0, 1], [["t"], ["t", "b"]])
    assert sorted(field.tokens) == ["a", "b", "c", "t"]
    np.testing.assert_allclose(
        scores_of(field, ["b", "t"]), bm25([["t", "a", "b", "c"], ["t", "b", "a"]], ["b", "t"]), rtol=1e-5
    )
    assert [field.sentence(n) for n in range(3)] == [
        field.ids(["a", "b"]),
        field.ids(["c"]),
        field.ids(["a"]),
    ]
    assert [field.contexts[n].tolist() for n in range(2)] == [field.ids(["t"]), field.ids(["t", "b"])]


def test_the_tokens_that_reach_bm25_are_the_segmenters(segmenter: Segmenter) -> None:
    text = "Karpathy 说：氛围编码 (Vibe Coding)！"
    index = index_of([text], segmenter)
    words = segmenter.words(text)
    assert index.words.sentence(0) == index.words.ids(words)
    assert len(index.words.ids(words)) == len(words) > 4
    assert index.words.ids(["！", "(", "："]) == []
    assert index.bigrams.ids(["围编"]) != []


def test_fields_are_summed(segmenter: Segmenter) -> None:
    texts = ["氛围编码是编程", "幽灵不是动物", "编程的幽灵"]
    index = index_of(texts, segmenter)
    tokens = cut("幽灵编程", segmenter)
    expected = scores_of(index.words, tokens.words) + BIGRAM_WEIGHT * scores_of(index.bigrams, tokens.bigrams)
    hits = index.search("幽灵编程", 3)
    assert [hit.passage for hit in hits] == [2, *sorted((0, 1), key=lambda n: (-expected[n], n))]
    np.testing.assert_allclose([hit.score for hit in hits], sorted(expected, reverse=True), rtol=1e-6)
    assert index.search("没有这些字眼呢", 3) == []


SAID = st.lists(st.sampled_from(["幽灵", "动物", "编程", "的", "Vibe"]), max_size=6).map("".join)


@given(
    texts=st.lists(SAID, min_size=1, max_size=8).filter(any),
    question=SAID,
    k=st.integers(1, 10),
    worths=st.lists(st.sampled_from([0.0, 0.3, 1.0]), min_size=5, max_size=5),
    among=st.none() | st.sets(st.integers(0, 7)),
)
def test_search_is_bm25_of_both_fields(
    texts: list[str],
    question: str,
    k: int,
    worths: list[float],
    among: set[int] | None,
    segmenter: Segmenter,
) -> None:
    def worth(token: str) -> float:
        return worths[sum(map(ord, token)) % 5]

    scores = np.zeros(len(texts))
    for weight, asked, *cuts in zip(
        (1.0, BIGRAM_WEIGHT), cut(question, segmenter), *(cut(text, segmenter) for text in texts), strict=True
    ):
        if any(cuts):
            scores += [
                sum(weight * worth(token) * bm25([list(one) for one in cuts], [token])[n] for token in asked)
                for n in range(len(texts))
            ]
    allowed = [n for n in range(len(texts)) if scores[n] > 1e-9 and (among is None or n in among)]
    best_scores = sorted((scores[n] for n in allowed), reverse=True)[:k]
    some = None if among is None else np.array(sorted(among & set(range(len(texts)))), int)
    with patch("index.highest._BATCH", 2), patch("index.highest._DEARER", 1):
        hits = index_of(texts, segmenter).search(question, k, some, worth)
    assert {hit.passage for hit in hits} <= set(allowed)
    np.testing.assert_allclose([hit.score for hit in hits], best_scores, rtol=1e-5)
    np.testing.assert_allclose([scores[hit.passage] for hit in hits], best_scores, rtol=1e-5)


@given(st.lists(st.integers(0, 4), max_size=30), st.integers(1, 40))
def test_best_is_a_stable_sort(values: list[int], k: int) -> None:
    scores = np.array(values, np.float32)
    expected = sorted((i for i, v in enumerate(values) if v > 0), key=lambda i: (-values[i], i))[:k]
    assert [hit.passage for hit in best(scores, k)] == expected
