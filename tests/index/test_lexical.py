import math
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from index.field import Field, Numbered
from index.fieldwriter import FieldWriter
from index.lexical import BIGRAM_WEIGHT, Bm25Index, best, cut
from index.names import Names
from index.postings import K1, B
from index.ragged import Ragged
from index.segmenter import Segmenter

TOKENS = st.lists(st.sampled_from("abcdefg"), max_size=8)


def field_of(sentences: list[list[str]], owners: list[int], contexts: list[list[str]]) -> Field:
    names = sorted({token for one in sentences + contexts for token in one})
    rows = (
        Ragged.of([[names.index(token) for token in one] for one in some]) for some in (sentences, contexts)
    )
    firsts = np.searchsorted(owners, np.arange(len(contexts) + 1))
    with TemporaryDirectory() as scratch:
        writer = FieldWriter(Path(scratch, "field"), Names.of(["gone", "b"]))  # of the generation before
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


@settings(deadline=None)
@given(corpus=st.lists(TOKENS, min_size=1, max_size=8).filter(any), question=TOKENS)
def test_field_is_bm25(corpus: list[list[str]], question: list[str]) -> None:
    field = field_of(corpus, list(range(len(corpus))), [[]] * len(corpus))
    np.testing.assert_allclose(field.scores(question), bm25(corpus, question), rtol=1e-4, atol=1e-5)
    with patch("index.postings._BLOCK", 3), patch("index.fieldwriter._BLOCK", 3):
        in_blocks = field_of(corpus, list(range(len(corpus))), [[]] * len(corpus))
    np.testing.assert_array_equal(in_blocks.scores(question), field.scores(question))
    known = {token for tokens in corpus for token in tokens}
    for token in known:
        frequency = sum(token in tokens for tokens in corpus)
        expected = math.log(1 + (len(corpus) - frequency + 0.5) / (frequency + 0.5))
        assert math.isclose(field.rarity(token), expected, rel_tol=1e-6)


def test_a_passage_is_its_context_and_its_sentences() -> None:
    field = field_of([["a", "b"], ["c"], ["a"]], [0, 0, 1], [["t"], ["t", "b"]])
    assert sorted(field.tokens) == ["a", "b", "c", "t"]
    np.testing.assert_allclose(
        field.scores(["b", "t"]), bm25([["t", "a", "b", "c"], ["t", "b", "a"]], ["b", "t"]), rtol=1e-5
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
    expected = index.words.scores(tokens.words) + BIGRAM_WEIGHT * index.bigrams.scores(tokens.bigrams)
    hits = index.search("幽灵编程", 3)
    assert [hit.passage for hit in hits] == [2, *sorted((0, 1), key=lambda n: (-expected[n], n))]
    np.testing.assert_allclose([hit.score for hit in hits], sorted(expected, reverse=True), rtol=1e-6)
    assert index.search("没有这些字眼呢", 3) == []


@given(st.lists(st.integers(0, 4), max_size=30), st.integers(1, 40))
def test_best_is_a_stable_sort(values: list[int], k: int) -> None:
    scores = np.array(values, np.float32)
    expected = sorted((i for i, v in enumerate(values) if v > 0), key=lambda i: (-values[i], i))[:k]
    assert [hit.passage for hit in best(scores, k)] == expected
