from pathlib import Path
from unittest.mock import patch

import faiss
import numpy as np
import pytest

from index import codes, manifest
from index.codes import CodedStore, Codes, codes_of
from index.errors import DamagedError
from index.opening import open_number
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
    first, second = (faiss.serialize_index(Codes.of(many).engine).tobytes() for _ in range(2))
    assert first == second


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
    path = tmp_path / "generations" / "1" / "codes.faiss"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DamagedError, match=r"codes\.faiss"):
        open_number(1, tmp_path)


def test_few_vectors_are_searched_whole(data: Path) -> None:
    assert manifest.peek(data / "generations" / "1").dense == {"index": "flat"}
