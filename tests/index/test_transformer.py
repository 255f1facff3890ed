import gc
import shutil
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

from index.build import build
from index.document import Document
from index.documents import Shelf
from index.embedder import load_embedder
from index.errors import FormatError, SettingError
from index.fleet import Order, work_off
from index.opening import open_contents, open_number
from index.reuse import program
from rag.knowledge import KnowledgeBase, rebuild

PROMPTS = {"query": "问：", "document": "文："}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A real transformer of two layers with random weights, made on the spot, with prompts."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("tiny")
    characters = sorted(set("问文：什么是氛围编码幽灵与动物本地计算机，。？"))
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters]
    (folder / "vocab.txt").write_text("\n".join(vocabulary), "utf-8")
    tokenizer = BertTokenizerFast(vocab=str(folder / "vocab.txt"))
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
    )
    BertModel(config).save_pretrained(folder / "bert")
    tokenizer.save_pretrained(folder / "bert")
    words = Transformer(str(folder / "bert"))
    model = SentenceTransformer(modules=[words, Pooling(32)], prompts=PROMPTS, device="cpu")
    model.save(str(folder / "model"))
    return str(folder / "model")


def test_prompts_are_honoured(tiny: str) -> None:
    from sentence_transformers import SentenceTransformer

    embedder = load_embedder(tiny)
    plain = SentenceTransformer(tiny, device="cpu")
    for embed, prompt in ((embedder.embed_questions, "问："), (embedder.embed_passages, "文：")):
        theirs = plain.encode([prompt + "什么是氛围编码"], prompt="", normalize_embeddings=True)
        np.testing.assert_allclose(embed(["什么是氛围编码"]), theirs, atol=1e-5)
    assert not np.allclose(embedder.embed_questions(["幽灵"]), embedder.embed_passages(["幽灵"]), atol=1e-4)


def test_vectors_are_unit_float32(tiny: str) -> None:
    vectors = load_embedder(tiny).embed_passages(["氛围编码", "幽灵与动物"])
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_a_machine_of_a_fleet_embeds_prose(tiny: str, tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    for text in ("氛围编码。", "幽灵与动物。"):
        shelf.add(Document(text, "什么", text))
    shelf.close()
    (tmp_path / "words.json").write_text("[]", "utf-8")
    embedder = load_embedder(tiny)
    order = Order("segment", str(tmp_path), str(tmp_path / "words.json"), tiny, embedder.name, program())
    (made,) = work_off({"start": np.array([0]), "stop": np.array([2])}, order)["made"]
    expected = embedder.embed_passages(["什么\n氛围编码。", "什么\n幽灵与动物。"])
    np.testing.assert_allclose(made.vectors, expected, atol=1e-5)


def test_an_index_remembers_its_embedder(tiny: str, tmp_path: Path) -> None:
    rebuild(tmp_path, model=tiny)
    knowledge = KnowledgeBase.open(tmp_path)
    answer = knowledge.ask("什么是氛围编码？")
    assert answer.provenance.embedder.startswith("model-")
    assert str(Path(tiny).parent) not in answer.provenance.embedder
    assert answer.status == "answered"


def test_vectors_of_another_embedder_are_refused(tiny: str, tmp_path: Path) -> None:
    model = Path(shutil.copytree(tiny, tmp_path / "model"))
    (model / "extra.json").write_text("1")
    rebuild(tmp_path / "data", model=str(model))
    gc.collect()  # else the embedder that made them may still be in memory
    (model / "extra.json").write_text("2")
    with pytest.raises(FormatError, match="chuchu build"):
        open_number(1, tmp_path / "data")


def test_a_text_that_is_only_cut_anew_keeps_its_vectors(tiny: str, tmp_path: Path) -> None:
    source, embedder = tmp_path / "source", load_embedder(tiny)
    source.mkdir()
    (source / "a.txt").write_text("可验证奖励强化学习很有用。", "utf-8")
    build([source], tmp_path / "data", embedder)
    (source / "b.txt").write_text("“奖励强化”是词吗？", "utf-8")
    with patch.object(embedder, "embed_passages", wraps=embedder.embed_passages) as embed:
        build([source], tmp_path / "data", embedder)
    assert [text for call in embed.call_args_list for text in call.args[0]] == ["b\n“奖励强化”是词吗？"]
    _, contents = open_contents(2, tmp_path / "data")
    assert "奖励强化" in contents.segmenter.cut("可验证奖励强化学习")
    expected = embedder.embed_passages(["a\n可验证奖励强化学习很有用。", "b\n“奖励强化”是词吗？"])
    np.testing.assert_allclose(np.load(tmp_path / "data/generations/2/vectors.npy"), expected, atol=1e-6)


@pytest.mark.parametrize("name", ["/nowhere/at/all", ""])
def test_a_model_that_cannot_be_loaded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(SettingError, match="无法加载"):
        load_embedder(name)


def test_other_weights_are_another_embedder(tiny: str, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(tiny, tmp_path / "model"))
    assert load_embedder(str(copy)).name == load_embedder(tiny).name
    (copy / "extra.json").write_text("{}")
    assert load_embedder(str(copy)).name != load_embedder(tiny).name
