import shutil
from pathlib import Path
from unittest.mock import patch

import faiss
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import codes, manifest
from index.codes import CodedStore, Codes, Taken, codes_of
from index.errors import DamagedError
from index.opening import open_number
from index.source import BUNDLED
from index.vectors import FlatStore
from rag.knowledge import rebuild


@pytest.fixture(scope="module")
def many() -> np.ndarray:
    """Unit vectors around a few directions, more than are compared."""
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(40, 32))[rng.integers(0, 40, 4000)] + 0.7 * rng.normal(size=(4000, 32))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_codes_find_what_all_vectors_do(many: np.ndarray) -> None:
    store, flat = CodedStore(many, Codes.of(many)), FlatStore(many)
    questions = many[:40] + np.float32(0.05)
    (ids, scores), (best, best_scores) = store.search(questions, 100), flat.search(questions, 100)
    shares = [
        len(set(one) & set(other)) / 100 for one, other in zip(ids.tolist(), best.tolist(), strict=True)
    ]
    assert np.mean(shares) >= 0.98
    assert store.recall() >= 0.98
    np.testing.assert_allclose(scores[:, :20], best_scores[:, :20], atol=1e-5)
    np.testing.assert_allclose(scores, np.take_along_axis(questions @ many.T, ids, 1), atol=1e-5)


def test_the_same_vectors_have_the_same_codes(many: np.ndarray) -> None:
    first, second = (faiss.serialize_index(Codes.of(many).engine()).tobytes() for _ in range(2))
    assert first == second


@given(data=st.data())
def test_codes_taken_over_are_those_made_afresh(many: np.ndarray, data: st.DataObject) -> None:
    before, come = many[:1500], many[1500:1501]
    gone = data.draw(st.sets(st.integers(0, 1499), max_size=2))
    place = data.draw(st.integers(0, 1500))
    stay = np.setdiff1d(np.arange(1500), sorted(gone))
    now = np.insert(before, place, come, axis=0)
    now = np.delete(now, [number + len(come) * (number >= place) for number in gone], axis=0)
    moved = np.full(1500, -1, np.int32)
    moved[stay] = np.flatnonzero((now[:, None, 0] != come[:, 0]).all(axis=1))
    with patch.object(codes, "_TRAINED_ON", 700):  # of which an edit takes part as often as not
        afresh, again = Codes.of(now), Codes.of(now, Taken(before, Codes.of(before), moved))
    np.testing.assert_array_equal(again.rows, afresh.rows)
    np.testing.assert_array_equal(again.centroids, afresh.centroids)


def test_most_edits_leave_what_codes_mean(many: np.ndarray) -> None:
    with patch.object(codes, "_TRAINED_ON", 700):
        known = Codes.of(many)
        rows = np.zeros_like(known.rows)  # seen where they were taken over
        nothing = Taken(many, Codes(known.centroids, rows), np.arange(len(many), dtype=np.int32))
        assert not Codes.of(many, nothing).rows.any()
        drawn = np.concatenate([codes._sample(many), codes._sample(many[:-5]), codes._sample(many[1:])])
    assert len(np.unique(drawn, axis=0)) <= 706


def test_few_vectors_or_bad_codes_are_not_coded(many: np.ndarray) -> None:
    assert codes_of(many) is None
    with patch.object(codes, "FEWEST", 4000):
        made = codes_of(many)
        assert made is not None
        assert made.about["recall@100"] >= 0.98
        with patch.object(codes, "CANDIDATES", 100):
            assert codes_of(many) is None


def test_a_generation_keeps_its_codes(tmp_path: Path) -> None:
    with patch.object(codes, "FEWEST", 16):
        rebuild(tmp_path)
    generation = open_number(1, tmp_path)
    assert isinstance(generation.dense, CodedStore)
    assert generation.manifest.dense == {"index": "PQ96x4fs", "compared": 1000, "recall@100": 1.0}
    question = generation.embed_question("什么是氛围编码？")
    flat = FlatStore(generation.contents.vectors)
    assert generation.dense.search(question, 10)[0].tolist() == flat.search(question, 10)[0].tolist()
    path = tmp_path / "generations" / "1" / "codes.npy"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DamagedError, match=r"codes\.npy"):
        open_number(1, tmp_path)


def test_a_generation_built_again_has_the_codes_of_a_full_one(tmp_path: Path) -> None:
    source, again, afresh = (tmp_path / name for name in ("source", "again", "afresh"))
    shutil.copytree(BUNDLED, source)
    with patch.object(codes, "FEWEST", 16), patch.object(codes, "_TRAINED_ON", 64):
        for number in range(4):
            (source / f"{number}.txt").write_text(f"后来补充的第 {number} 点。\n\n" * 30, "utf-8")
            rebuild(again, [source])
        rebuild(afresh, [source], full=True)
    here, there = (manifest.peek(data / "generations" / n) for data, n in ((again, "4"), (afresh, "1")))
    assert here.dense["index"] == "PQ96x4fs"
    assert here.files == there.files


def test_few_vectors_are_searched_whole(data: Path) -> None:
    assert manifest.peek(data / "generations" / "1").dense == {"index": "flat"}
