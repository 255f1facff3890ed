import math
import re
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.lexical import cut
from index.ragged import Ragged
from rag.features import NAMES, Describer
from rag.figure import Figures, Kind, kind_of
from rag.knowledge import KnowledgeBase
from rag.overlap import Overlap
from rag.question import understand
from rag.retrieval import PASSAGES, retrieve

TEXTS = {
    "青山公司": "青山公司成立于 2003 年 5 月。公司降低了能源消耗。公司的能源消耗为 500 吨，员工有三百人。",
    "白水公司": "白水公司努力降低能源消耗。白水公司的总部在 1998 年迁到河边，那里有 12 栋楼。",
}


@pytest.fixture(scope="module")
def companies(knowledge_of: Callable[[dict[str, str]], KnowledgeBase]) -> KnowledgeBase:
    return knowledge_of(TEXTS)


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("能源消耗是多少?", Kind.NUMBER),
        ("有几个员工", Kind.NUMBER),
        ("how many people", Kind.NUMBER),
        ("公司何时成立?", Kind.DATE),
        ("哪一年迁到河边", Kind.DATE),
        ("when was it founded", Kind.DATE),
        ("为什么降低能源消耗", None),
        ("几乎没有消耗", None),
    ],
)
def test_what_a_question_asks_for(question: str, kind: Kind | None) -> None:
    assert kind_of(question) == kind


def brute_force(asked: Sequence[str], text: Sequence[str], kind: Kind) -> list[float]:
    """Look at every pair of a word and a number."""
    dates = {"年", "月", "日"}
    number = re.compile(r"\d|^三百")
    figures = [
        place
        for place, word in enumerate(text)
        if number.search(word)
        and word not in asked
        and ((text[place + 1 : place + 2] or [""])[0] in dates) == (kind is Kind.DATE)
    ]
    return [
        max(
            (
                math.exp(-(abs(place - figure) - 1) / 5)
                for place, word in enumerate(text)
                if word == one
                for figure in figures
            ),
            default=0.0,
        )
        for one in asked
    ]


@settings(max_examples=150)
@given(st.data())
def test_nearness_by_every_pair(companies: KnowledgeBase, data: st.DataObject) -> None:
    generation = companies.generation
    vocabulary = list(generation.lexical.words.tokens)
    words = st.lists(st.sampled_from(vocabulary), max_size=12)
    question = " ".join(data.draw(words))
    texts = data.draw(st.lists(words, min_size=1, max_size=4))
    kind = data.draw(st.sampled_from(Kind))
    asked = Overlap(generation.lexical, cut(question, generation.segmenter), generation.segmenter.kind)
    ids = Ragged.of([generation.lexical.words.ids(text) for text in texts])
    near = Figures(generation.lexical.words).near(asked, ids, kind)
    expected = [brute_force(asked.tokens, text, kind) for text in texts]
    np.testing.assert_allclose(
        near.T.reshape(len(texts), -1), np.array(expected).reshape(len(texts), -1), 1e-5
    )


def test_an_answer_has_a_figure_of_its_own(companies: KnowledgeBase) -> None:
    def best(text: str, title: str) -> float:
        question = understand(text, companies.generation)
        found = retrieve(question, companies.generation, PASSAGES)
        describer = Describer(companies.generation, companies.generation.embedder)  # type: ignore[arg-type]
        described = describer.describe(question, found)
        rows = [passage.document.title == title for passage in described.passages]
        return float(described.features[rows, NAMES.index("figure")].max())

    # One word, 为, stands between what is asked about and its figure.
    assert best("青山公司的能源消耗是多少？", "青山公司") == pytest.approx(math.exp(-1 / 5), abs=1e-4)
    assert best("白水公司的能源消耗是多少？", "白水公司") == 0
    assert best("白水公司为什么降低能源消耗？", "白水公司") == 0


def test_the_figure_is_quoted_first(companies: KnowledgeBase) -> None:
    assert "500" in companies.ask("青山公司的能源消耗是多少？").citations[0].quote
