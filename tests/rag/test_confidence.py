from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.document import Document
from rag import features
from rag.calibration import Example, fit, without_answers
from rag.confidence import NAMES, probability, seen

COLUMNS = [features.NAMES.index(name) for name in ("soft_with_passage", *NAMES[4:-2])]
WORDS, FIGURE, ASKS = (features.NAMES.index(name) for name in ("question_words", "figure", "asks_figure"))


class Sentence(NamedTuple):
    features: np.ndarray


def candidates(
    *rows: list[float], words: int = 3, asks: float = 0.0, figures: Sequence[float] = ()
) -> list[Sentence]:
    matrix = np.zeros((len(rows), len(features.NAMES)), np.float32)
    matrix[:, COLUMNS] = rows
    matrix[:, WORDS], matrix[:, ASKS] = words, asks
    matrix[: len(figures), FIGURE] = figures
    return [Sentence(features_of) for features_of in matrix]


def test_it_looks_at_the_best_and_the_length_of_the_question() -> None:
    rows = [0.5, 0.9, 0.7], [0.2, 1, 0], [0.3, 0.1, 0], [0.4, 0, 0]
    np.testing.assert_allclose(
        seen(candidates(*rows), 0, 0.2, -1.5), [0.5, np.log(4), 0, 0, 0.9, 0.7, 0.2, -1.5], rtol=1e-6
    )
    assert seen(candidates(rows[0], words=20), 1, 0, 0)[1] == pytest.approx(np.log(9))
    assert seen(candidates(rows[0], words=1), 1, 0, 0)[1] == pytest.approx(np.log(3))


@pytest.mark.parametrize(("soft", "lead", "found"), [(0.5, 0.5, 0.75), (0, 1, 1), (0.2, 0, 0.2), (1, 0, 1)])
def test_what_is_missing_is_found_as_much_as_the_document_leads(
    soft: float, lead: float, found: float
) -> None:
    assert seen(candidates([soft, 0, 0]), lead, 0, 0)[0] == pytest.approx(found)


def test_a_figure_that_is_asked_for_may_stand_in_any_of_the_best_three() -> None:
    rows = [[0.5] * 3] * 4
    missing = NAMES.index("figure_missing")
    assert seen(candidates(*rows, asks=1, figures=[0, 0.25, 0.75, 1]), 1, 0, 0)[missing] == 0.25
    assert seen(candidates(*rows, asks=1), 1, 0, 0)[missing] == 1
    assert seen(candidates(*rows, asks=0), 1, 0, 0)[missing] == 0


@given(st.lists(st.floats(0, 1, width=32), min_size=5, max_size=5), st.integers(0, 4), st.floats(0.01, 1))
def test_more_of_the_question_found_is_never_less_confidence(
    row: list[float], column: int, more: float
) -> None:
    better = list(row)
    better[column] += more
    low, high = (
        probability(seen(candidates(one[2:], [0.0] * 3), one[0], 0, one[1])) for one in (row, better)
    )
    assert 0 <= low < high + 1e-12 <= 1 + 1e-12


def test_what_was_read_counts_within_bounds() -> None:
    far, farther = (seen(candidates([0.5] * 3), 1, 0, read)[-1] for read in (7, 70))
    assert far == farther > seen(candidates([0.5] * 3), 1, 0, 5)[-1]
    far, farther = (seen(candidates([0.5] * 3), 1, 0, read)[-1] for read in (-7, -70))
    assert far == farther < seen(candidates([0.5] * 3), 1, 0, -5)[-1]


def test_who_asks_of_another_is_answered_with_less_confidence() -> None:
    own, others = (probability(seen(candidates([0.9] * 3), 1, misnamed, 0)) for misnamed in (0, 1))
    assert others < own / 3


def test_a_missing_figure_is_less_confidence() -> None:
    with_it, without = (
        probability(seen(candidates([0.9, 0.9, 0.5], asks=1, figures=[of]), 1, 0, 0)) for of in (1, 0)
    )
    assert without < with_it


def test_the_fit_finds_the_weights_that_made_the_data() -> None:
    rng = np.random.default_rng(0)
    truth = np.array([2.0, -1.0, 0.5, 0.0, -0.3])
    sets = []
    for weight in (1.0, 0.5):
        x = rng.normal(size=(40_000, 4))
        y = rng.random(len(x)) < 1 / (1 + np.exp(-(x @ truth[:4] + truth[4])))
        sets.append(([Example(*one) for one in zip(x, y, y, strict=True)], weight))
    weights = fit(sets)
    np.testing.assert_allclose(weights[:4], truth[:4], atol=0.1)
    # Both kinds weigh alike, so the intercept is that of an even share.
    share = np.mean([one.there for one in sets[0][0]])
    assert weights[4] == pytest.approx(truth[4] - np.log(share / (1 - share)), abs=0.1)


def test_a_set_counts_for_what_is_said_beside_it() -> None:
    def one(value: float, right: bool) -> Example:
        return Example(np.array([value]), right, right)

    for_it = [one(1, True), one(0, False)] * 20
    against = [one(0, True), one(1, False)] * 20
    assert fit([(for_it, 1.0), (against, 0.5)])[0] > 0.1
    assert fit([(for_it, 0.5), (against, 1.0)])[0] < -0.1


def test_sentences_that_answer_are_cut_out() -> None:
    text = "青山公司成立于 2003 年。它生产钢材。去年卖了 3 亿元。它有两处工厂。"
    documents = [Document("a", "青山公司", text)]
    start = text.index("去年")
    question = {"id": "1", "question": "青山公司去年卖了多少？", "answers": ["3 亿元"]}
    question["evidence"] = [{"document": "a", "start": start, "end": start + 10}]
    (example,) = without_answers(documents, [question], Random(0))
    assert not example.there
    assert not example.right
    assert example.seen[NAMES.index("figure_missing")] > 0
    repeated = replace(documents[0], text=text + "又卖了 3 亿元。")
    assert without_answers([repeated], [question], Random(0)) == []
