"""Wherever a generation's passages lie, the same comes back: one suite for the mapped files and for Milvus."""

import math
import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.cluster import Cluster
from index.codes import Codes
from index.generation import Generation
from index.lexical import BIGRAM_WEIGHT, cut
from index.milvus import Reader
from index.opening import open_contents, open_number
from index.postings import K1, B
from index.row import rows_of
from index.store import Store
from rag.evaluation import evaluate
from rag.knowledge import KnowledgeBase, rebuild
from rag.questionset import BUNDLED, read_questions

QUESTIONS = [
    "什么是氛围编码？",
    "What is RLVR?",
    "臺灣的首都在哪裡",
    "第 77 句说了什么",
    "𠮷野家在哪里",
    "没有的事",
]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, cluster: Cluster, review) -> Path:  # type: ignore[no-untyped-def]
    """A data folder whose first generation is in the cluster too."""
    folder = tmp_path_factory.mktemp("store")
    source = folder / "source"
    source.mkdir()
    texts = {
        "review.txt": review.text,
        "traditional.txt": "臺灣的首都是臺北。\n\n資訊科技與電腦幽靈。",
        "leading.txt": "\n \n　开头有空行，𠮷" + "。" * 3 + "\n\n" + "𠮷" * 150 + "\n" * 30_000 + "𡃁" * 90,
        "astral.md": "# 𠮷野家\n\n𠮷野家在東京。😀 也有人說𡃁仔。\n\n## Ångström ﬁ ℃\n\n溫度是 20℃，長度是 1Å。",
        "twin-a.txt": "同样的话说两遍。",
        "twin-b.txt": "同样的话说两遍。",
        "long.txt": "\n\n".join(
            f"第 {n} 句说的是第 {n % 7} 个幽灵，它住在第 {n * n} 台电脑里。" * 4 for n in range(200)
        ),
        "gap.txt": "开头在这里。" + "\n" * 70_000 + "结尾在那里。",
    }
    for name, text in texts.items():
        (source / name).write_text(text, "utf-8")
    rebuild(folder / "data", [source], cluster=cluster)
    return folder / "data"


@pytest.fixture(scope="module")
def local(built: Path) -> Generation:
    return open_number(1, built)


@pytest.fixture(scope="module")
def remote(built: Path, cluster: Cluster) -> Generation:
    return open_number(1, built, cluster=cluster)


@pytest.fixture(params=["flat", "codes", "milvus"])
def store(request: pytest.FixtureRequest, local: Generation, remote: Generation) -> Store:
    if request.param == "milvus":
        return remote.contents
    contents = local.contents
    return replace(contents, codes=Codes.of(contents.vectors)) if request.param == "codes" else contents


def test_dense_search_is_exact(store: Store, local: Generation) -> None:
    vectors = np.array(local.contents.vectors, np.float64)
    rng = np.random.default_rng(0)
    n = len(vectors)
    for k, some in [(1, False), (10, False), (50, True), (n, False), (n + 5, True)]:
        among = np.sort(rng.choice(n, n // 3, replace=False)) if some else None
        questions = np.stack([vectors[rng.integers(n)], rng.normal(size=vectors.shape[1])]).astype(np.float32)
        ids, scores = store.dense.search(questions, k, among)
        assert ids.shape == scores.shape == (2, k)
        for found, got, question in zip(ids, scores, questions, strict=True):
            allowed = range(n) if among is None else among.tolist()
            every = sorted(((float(vectors[i] @ question), i) for i in allowed), key=lambda one: -one[0])[:k]
            length = len(every)
            np.testing.assert_allclose(got[:length], [score for score, _ in every], atol=1e-4)
            np.testing.assert_allclose(got[:length], vectors[found[:length]] @ question, atol=1e-4)
            assert len(set(found[:length].tolist())) == length
            assert set(found[:length].tolist()) <= set(allowed)
            assert (found[length:] == -1).all()
            assert (got[length:] == -1).all()
            same = np.flatnonzero(got[: length - 1] == got[1:length])
            assert (found[same] < found[same + 1]).all()
    nothing, _ = store.dense.search(questions, 3, np.empty(0, np.int64))
    assert (nothing == -1).all()


def bm25(local: Generation, text: str, worth: Callable[[str], float]) -> np.ndarray:
    """BM25 of every passage, written out, from texts alone."""
    segmenter = local.segmenter
    cuts = [
        cut(one.document.context_at(one.start) + "\n" + "\n".join(
            one.document.text[slice(*local.sentence(n))] for n in one.sentences), segmenter)
        for one in local.passages()
    ]  # fmt: skip
    total = np.zeros(len(cuts))
    for kind, weight in ((0, 1.0), (1, BIGRAM_WEIGHT)):
        corpus = [Counter(one[kind]) for one in cuts]
        average = sum(map(Counter.total, corpus)) / len(corpus)
        for token in cut(text, segmenter)[kind]:
            frequency = sum(token in counts for counts in corpus)
            rarity = math.log(1 + (len(corpus) - frequency + 0.5) / (frequency + 0.5))
            for n, counts in enumerate(corpus):
                norm = K1 * (1 - B + B * counts.total() / average)
                total[n] += weight * worth(token) * rarity * counts[token] / (counts[token] + norm)
    return total


@pytest.mark.parametrize(
    "text", ["同样的话", "第 77 句说的幽灵", "氛围编码 vibe coding 幽灵幽灵", "臺北", "，。"]
)
def test_lexical_search_is_bm25(store: Store, local: Generation, text: str) -> None:
    def worth(token: str) -> float:
        return 1 / len(token)

    expected = bm25(local, text, worth)
    twins = local.passages_of(["twin-a.txt", "twin-b.txt", "review.txt"])
    for k, among in [(5, None), (1000, None), (3, twins)]:
        hits = store.lexical.search(text, k, among, worth)
        allowed = np.arange(len(expected)) if among is None else among
        best = np.sort(expected[allowed][expected[allowed] > 0])[::-1][:k]
        np.testing.assert_allclose([hit.score for hit in hits], best, rtol=1e-4)
        np.testing.assert_allclose(
            [hit.score for hit in hits], expected[[h.passage for h in hits]], rtol=1e-4
        )
        assert {hit.passage for hit in hits} <= set(allowed.tolist())
    if text == "同样的话":
        ids = [hit.passage for hit in store.lexical.search(text, 1, twins)]
        assert ids == local.passages_of(["twin-a.txt"]).tolist()  # equal scores by id


def test_what_a_row_weighs_is_what_the_postings_hold(local: Generation) -> None:
    words, bigrams = local.contents.lexical.words, local.contents.lexical.bigrams
    base = len(words.tokens) + 1
    for row in (row for batch in rows_of(local.contents) for row in batch):
        for token, weight in row["lexical"].items():
            field, number = (words, token) if token < base - 1 else (bigrams, token - base)
            column = slice(field.postings.indptr[number], field.postings.indptr[number + 1])
            place = np.searchsorted(field.postings.indices[column], row["id"])
            assert field.postings.indices[column][place] == row["id"]
            count, norm = field.postings.counts[column][place], field.postings.norms[row["id"]]
            share = count / (count + norm)
            assert weight == pytest.approx(field.rarity(field.tokens[number]) * share, rel=1e-6)


def test_a_row_keeps_to_what_milvus_takes(local: Generation) -> None:
    """Milvus Lite does not look at all of it: 65,535 bytes a string, 4,096 elements an array, no empty vector."""
    for row in (row for batch in rows_of(local.contents) for row in batch):
        assert all(len(piece.encode()) <= 65_535 for piece in [*row["text"], *row["head"]])
        assert all(len(row[name]) <= 4096 for name in ("spans", "words", "bigrams", "head", "text"))
        assert row["lexical"]


def test_a_passage_without_a_token(tmp_path: Path, cluster: Cluster) -> None:
    """A passage of lines to be filled in, which no search can name, still has its row."""
    (tmp_path / "_.txt").write_text("幽灵。\n\n" + "_" * 240, "utf-8")
    rebuild(tmp_path / "data", [tmp_path / "_.txt"], cluster=cluster)
    contents = open_contents(1, tmp_path / "data")[1]
    rows = [row for batch in rows_of(contents) for row in batch]
    assert [row["lexical"] for row in rows[1:]] == [{len(contents.lexical.words.tokens): 1.0}]
    generation = open_number(1, tmp_path / "data", cluster=cluster)
    assert [passage.text for passage in generation.passages()] == ["幽灵。", "_" * 240]
    assert [hit.passage for hit in generation.lexical.search("幽灵", 9)] == [0]


class Backwards:
    """A cluster that puts the highest id first among equal scores."""

    def __init__(self, scores: list[int]) -> None:
        self.scores, self.requests = scores, 0

    def search(self, *_: object) -> list[tuple[int, float]]:
        _, _, _, limit, among = _
        self.requests += 1
        assert among == ""
        return sorted(((n, float(s)) for n, s in enumerate(self.scores)), key=lambda o: (-o[1], -o[0]))[
            : int(limit)
        ]  # type: ignore[call-overload]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=60), st.integers(1, 70))
def test_equal_scores_come_by_id_however_the_cluster_orders_them(scores: list[int], k: int) -> None:
    cluster = Backwards(scores)
    found = Reader(cluster, "", len(scores)).search("vector", None, k, None)  # type: ignore[arg-type]
    assert [n for n, _ in found] == sorted(range(len(scores)), key=lambda n: (-scores[n], n))[:k]
    assert cluster.requests <= 5


def test_a_question_takes_few_requests(
    built: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    knowledge = KnowledgeBase(built, open_number(1, built, cluster=cluster))
    asked: list[str] = []
    for name in ("search", "query"):
        real = getattr(Cluster, name)
        monkeypatch.setattr(Cluster, name, lambda *words, n=name, do=real: (asked.append(n), do(*words))[1])
    assert knowledge.ask("什么是氛围编码？").status == "answered"
    assert Counter(asked) == {"search": 3, "query": 4}  # two of them for what titles have in common
    asked.clear()
    knowledge.ask("什么是氛围编码？")
    assert Counter(asked) == {"search": 3}  # what it read is still there


def test_threads_share_a_store_that_forgets(
    built: Path, cluster: Cluster, local: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.milvus._ROWS", 60)
    monkeypatch.setattr("index.milvus._DOCUMENTS", 2)
    shared = KnowledgeBase(built, open_number(1, built, cluster=cluster))
    questions = list(QUESTIONS)
    random.Random(0).shuffle(questions)
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda one: without_times(shared, one, None), questions))
    ours = {one: without_times(KnowledgeBase(built, local), one, None) for one in QUESTIONS}
    assert found == [ours[one] for one in questions]


def test_what_was_written_is_read_back(built: Path, cluster: Cluster, local: Generation) -> None:
    """In any order: a store is opened anew for each, which knows no row yet."""
    rng = random.Random(0)
    ours = local.contents
    for _ in range(3):
        theirs = open_number(1, built, cluster=cluster).contents
        sentences = rng.sample(range(len(ours.sentences)), 40)
        np.testing.assert_array_equal(theirs.sentences[sentences], ours.sentences[sentences])
        for kind in ("words", "bigrams"):
            one, other = getattr(theirs.lexical, kind), getattr(ours.lexical, kind)
            numbers = [*sentences, -1]
            for field, chosen in (("sentences", numbers), ("contexts", rng.sample(range(one.size), 20))):
                taken, known = getattr(one, field).take(chosen), getattr(other, field).take(chosen)
                assert [taken[n].tolist() for n in range(len(taken))] == [
                    known[n].tolist() for n in range(len(known))
                ]
            starts, stops = ours.ranges([3, 0])
            tokens = rng.sample(range(len(other.tokens)), 50)
            np.testing.assert_array_equal(
                one.stand_in(tokens, starts, stops), other.stand_in(tokens, starts, stops)
            )
            token = other.tokens[7]
            for asked in (token, "不在"):
                assert (one.rarity(asked), one.frequency(asked)) == (
                    other.rarity(asked),
                    other.frequency(asked),
                )
        assert [a.tolist() for a in theirs.ranges([4, 1])] == [a.tolist() for a in ours.ranges([4, 1])]
    theirs = open_number(1, built, cluster=cluster).contents
    assert list(theirs.documents) == list(ours.documents)
    remote = open_number(1, built, cluster=cluster)
    assert [p.text for p in remote.passages()] == [p.text for p in local.passages()]
    assert remote.document("gap.txt") == local.document("gap.txt")
    assert len(local.document("gap.txt").text.encode()) > 65_535
    assert remote.contents.terms == local.contents.terms


def without_times(knowledge: KnowledgeBase, question: str, documents: list[str] | None) -> tuple[object, ...]:
    answer = knowledge.ask(question, documents)
    cited = [replace(one, score=round(one.score, 4)) for one in answer.citations]
    return answer.status, round(answer.confidence, 4), answer.answer, cited, answer.provenance


def test_answers_and_evaluations_are_the_same(built: Path, local: Generation, remote: Generation) -> None:
    ours, theirs = KnowledgeBase(built, local), KnowledgeBase(built, remote)
    assert (ours.is_quick, theirs.is_quick) == (
        True,
        False,
    )  # who waits for a network must not hold up others
    for question in QUESTIONS:
        for documents in (None, ["review.txt", "long.txt"]):
            assert without_times(theirs, question, documents) == without_times(ours, question, documents)
    found = [[(one.passage.id, one.passage.text) for one in k.search("幽灵", 100)] for k in (ours, theirs)]
    assert found[0] == found[1]
    reports = [evaluate(read_questions(BUNDLED, k.generation)[:10], k) for k in (ours, theirs)]
    for one, other in zip(*(report.scores for report in reports), strict=True):
        assert one.confidence == pytest.approx(other.confidence, abs=1e-4)
        assert replace(one, milliseconds=0, confidence=0) == replace(other, milliseconds=0, confidence=0)
