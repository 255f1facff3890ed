import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from index.field import Field
from index.lexical import cut
from index.static import StaticEmbedder
from rag.absence import Kind, absence
from rag.echo import echo
from rag.features import NAMES, RISING, Describer
from rag.knowledge import KnowledgeBase
from rag.prevalence import settled_rarity
from rag.question import understand
from rag.retrieval import retrieve
from rag.shape import LEANS

QUESTIONS = [
    "什么是氛围编码？",
    "Why did benchmarks lose trust?",
    "參差不齊的智能",
    "分围编码",
    "量子计算的前景",
    "2025 年 o1/o3",
]


@pytest.fixture(scope="module")
def describer(knowledge: KnowledgeBase) -> Describer:
    return Describer(knowledge.generation, StaticEmbedder())


def share(field: Field, asked: list[str], held: set[int], kind: Kind, settled: bool = False) -> float:
    """By sets, one token at a time."""
    unique = set(asked)
    worth = {
        token: settled_rarity(token, field.frequency(token), field.size) * absence(token, kind)
        if settled
        else field.rarity(token) * echo(token)
        for token in unique
    }
    held_worth = sum(worth[token] for token in unique if held.intersection(field.ids([token])))
    return held_worth / sum(worth.values())


@pytest.mark.parametrize("question", QUESTIONS)
def test_overlaps_by_sets(knowledge: KnowledgeBase, describer: Describer, question: str) -> None:
    generation = knowledge.generation
    kind = generation.segmenter.kind
    asked = understand(question, generation)
    found = retrieve(asked, generation, 5)
    described = describer.describe(asked, found)
    tokens = cut(asked.topic, generation.segmenter)
    for row, (number, passage) in enumerate(zip(described.sentences, described.passages, strict=True)):
        got = dict(zip(NAMES, described.features[row].tolist(), strict=True))
        about = cut("\n".join([passage.document.title, *passage.headings]), generation.segmenter)
        spoken: set[int] = set()
        for field, mine, title, prefix in (
            (generation.lexical.words, tokens.words, about.words, "words"),
            (generation.lexical.bigrams, tokens.bigrams, about.bigrams, "bigrams"),
        ):
            if not mine:
                continue
            own, titles = set(field.sentence(number)), set(field.ids(title))
            whole = titles.union(*(field.sentence(n) for n in passage.sentences))
            spoken = whole if prefix == "words" else spoken
            every = titles.union(*(field.sentence(n) for n in range(generation.sentences)))
            assert got[prefix] == pytest.approx(share(field, list(mine), own, kind), abs=1e-5)
            assert got[f"{prefix}_with_about"] == pytest.approx(
                share(field, list(mine), own | titles, kind), abs=1e-5
            )
            assert got[f"{prefix}_with_passage"] == pytest.approx(
                share(field, list(mine), whole, kind), abs=1e-5
            )
            assert got[f"{prefix}_with_document"] == pytest.approx(
                share(field, list(mine), every, kind, settled=prefix == "bigrams"), abs=1e-5
            )
        words = generation.lexical.words
        missing = [t for t in set(tokens.words) if not set(words.ids([t])) & set(words.sentence(number))]
        if not about.words:
            assert got["rarest_missing"] == max(words.rarity(t) * echo(t) for t in missing)
        assert got["soft"] >= got["words"] - 1e-5
        assert got["soft_with_passage"] >= share(words, list(tokens.words), spoken, kind, settled=True) - 1e-5


@pytest.mark.parametrize("question", QUESTIONS)
def test_features_are_finite_and_repeatable(
    knowledge: KnowledgeBase, describer: Describer, question: str
) -> None:
    asked = understand(question, knowledge.generation)
    found = retrieve(asked, knowledge.generation, 10)
    first = describer.describe(asked, found)
    assert first.features.shape == (len(first.sentences), len(NAMES))
    assert first.features.dtype == np.float32
    assert np.isfinite(first.features).all()
    fresh = Describer(knowledge.generation, StaticEmbedder()).describe(asked, found)
    np.testing.assert_array_equal(first.features, fresh.features)
    assert describer.describe(asked, []).features.shape == (0, len(NAMES))


def test_a_typing_error_is_near_its_word_by_its_characters(
    knowledge: KnowledgeBase, describer: Describer
) -> None:
    asked = understand("编程人员", knowledge.generation)
    described = describer.describe(asked, retrieve(asked, knowledge.generation, 10))
    soft, words = (described.features[:, NAMES.index(name)] for name in ("soft", "words"))
    assert soft.max() > words.max()


def test_every_feature_is_documented() -> None:
    documented = (Path(__file__).parents[2] / "docs" / "ranking.md").read_text("utf-8")
    named = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| `.*$", documented, re.MULTILINE))))
    assert set(NAMES) <= named
    assert set(NAMES) >= RISING
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize(
    "sentence",
    [
        "这是一个术语",
        "它展示了能力",
        "其中最重要的是",
        "该模型很好",
        "“这”字",
        "指的是编程",
        "這不只是",
        "It is a term.",
    ],
)
def test_sentences_that_lean(sentence: str) -> None:
    assert LEANS.match(sentence)


@pytest.mark.parametrize(
    "sentence", ["其他模型也一样", "其实很简单", "此外还有", "Karpathy 认为", "Italy 很美", "模型它很好"]
)
def test_sentences_that_stand(sentence: str) -> None:
    assert not LEANS.match(sentence)


def test_a_defining_word_counts_the_more_the_sooner_it_follows(
    knowledge_of: Callable[[dict[str, str]], KnowledgeBase],
) -> None:
    sentences = [
        "编排是一种办法。",
        "编排（管理）是一种办法。",
        "编排工具很多，都是办法。",
        "办法是用编排工具管理软件。",
    ]
    generation = knowledge_of({"一": "".join(sentences)}).generation
    question = understand("什么是编排？", generation)
    described = Describer(generation, StaticEmbedder()).describe(question, retrieve(question, generation, 1))
    column = described.features[:, NAMES.index("defines")]
    assert column.tolist() == pytest.approx([1, 1 / 2, 1 / 4, 0])
