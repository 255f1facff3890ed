import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.segmenter import Segmenter
from index.static import BUNDLED, StaticEmbedder, spell


@pytest.fixture(scope="module")
def embedder() -> StaticEmbedder:
    return StaticEmbedder()


def test_spelling_adds_the_characters_of_chinese_words() -> None:
    assert spell(["氛围", "是", "rlvr"]) == "氛围 是 rlvr 氛 围"


def test_the_same_vectors_as_sentence_transformers(embedder: StaticEmbedder, segmenter: Segmenter) -> None:
    from sentence_transformers import SentenceTransformer

    texts = [
        "什么是氛围编码？",
        "What is vibe coding?",
        "２０２３年 GPT-4o 與 karpathy",
        "𠮷",
        "的" * 3000,
        "氛围编码" * 9,
    ]
    words = [" ".join(segmenter.words(text)) for text in texts]
    model = SentenceTransformer(str(BUNDLED), device="cpu").float()
    theirs = model.encode([spell(text.split()) for text in words])
    np.testing.assert_allclose(embedder.embed_passages(words), theirs, atol=1e-5)


@given(texts=st.lists(st.text(max_size=50), max_size=5))
def test_vectors_are_unit_or_zero_float32(embedder: StaticEmbedder, texts: list[str]) -> None:
    vectors = embedder.embed_questions(texts)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(texts), embedder.dimension)
    lengths = np.linalg.norm(vectors, axis=1)
    assert np.all(np.isclose(lengths, 1, atol=1e-5) | (lengths == 0))


def test_a_vector_does_not_depend_on_its_batch(embedder: StaticEmbedder) -> None:
    texts = ["氛围 编码", "幽灵 与 动物", "localhost"]
    alone = np.vstack([embedder.embed_passages([text]) for text in texts])
    np.testing.assert_array_equal(embedder.embed_passages(texts), alone)


def test_a_compound_of_a_document_falls_apart_into_known_words(embedder: StaticEmbedder) -> None:
    compound, parts = embedder.embed_passages(["氛围编码", "氛围 编码"])
    assert compound @ parts > 0.8


def test_meaning_is_nearer_than_chance(embedder: StaticEmbedder, segmenter: Segmenter) -> None:
    texts = ["如何训练神经网络", "How to train a neural network", "猫喜欢吃鱼"]
    question, english, cat = embedder.embed_questions([" ".join(segmenter.words(text)) for text in texts])
    assert question @ english > question @ cat + 0.2


def test_the_bundled_model_is_small_and_in_the_standard_folder() -> None:
    assert sum(path.stat().st_size for path in BUNDLED.rglob("*")) <= 20e6
    modules = json.loads((BUNDLED / "modules.json").read_text("utf-8"))
    assert [module["type"].rsplit(".", 1)[1] for module in modules] == ["StaticEmbedding", "Normalize"]


def test_the_bundled_path_imports_no_torch() -> None:
    code = (
        "import sys, tempfile; from pathlib import Path; from rag.knowledge import KnowledgeBase, rebuild\n"
        "data = Path(tempfile.mkdtemp()); rebuild(data); KnowledgeBase.open(data).ask('什么是氛围编码？')\n"
        "print(sorted({'torch', 'transformers', 'sentence_transformers'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == "[]"
