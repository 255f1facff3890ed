from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest

from index.errors import SettingError
from rag.comparison import compare, randomisation
from rag.score import Score


def row(identity: str, recall: float | None, answered: bool = True, question: str = "问") -> Score:
    metrics = {} if recall is None else {"recall@3": recall}
    known = recall is not None
    return Score(identity, question, "a", known, answered, 0.5, False, None, 0, 1.0, metrics, [], [])


def rows(values: Sequence[float]) -> list[Score]:
    return [row(f"q{n}", value) for n, value in enumerate(values)]


@pytest.mark.parametrize("seed", range(5))
def test_the_p_value_is_near_that_of_all_exchanges(seed: int) -> None:
    moved = np.random.default_rng(seed).choice([-1.0, -0.5, 0, 0.5, 1], 12, p=[0.1, 0.1, 0.3, 0.2, 0.3])
    every = [
        abs(sum(s * d for s, d in zip(signs, moved, strict=True))) for signs in product([1, -1], repeat=12)
    ]
    exact = np.mean([one >= abs(moved.sum()) - 1e-9 for one in every])
    assert randomisation(moved) == pytest.approx(exact, abs=0.02)


def test_a_p_value_is_never_zero_and_that_of_no_change_is_one() -> None:
    assert randomisation(np.ones(40), times=999) == 1 / 1000
    assert randomisation(np.zeros(40)) == 1
    assert randomisation(np.array([0.1, 0.2, -0.3])) == 1  # sums to zero but for rounding


def test_wins_ties_losses_and_flips() -> None:
    found = compare(rows([1, 1, 0, 0.5, 0]), rows([0, 1, 1, 1, 0]))
    one = found.differences["recall@3"]
    assert (one.wins, one.ties, one.losses, one.n) == (2, 2, 1, 5)
    assert (one.before, one.after) == (0.5, 0.6)
    assert one.low < 0.1 < one.high
    assert [(flip.id, flip.before, flip.after) for flip in found.flips] == [
        ("q0", 1, 0),
        ("q3", 0.5, 1),
        ("q2", 0, 1),
    ]


def test_a_difference_that_is_there_is_found_and_a_report_does_not_differ_from_itself() -> None:
    random = np.random.default_rng(1)
    worse = (random.random(400) < 0.5).astype(float)
    better = np.maximum(worse, random.random(400) < 0.1)
    found = compare(rows(worse.tolist()), rows(better.tolist())).differences["recall@3"]
    assert 0 < found.low < found.after - found.before < found.high
    assert found.p < 0.001
    same = compare(rows(worse.tolist()), rows(worse.tolist()))
    assert (same.differences["recall@3"].p, same.flips) == (1, [])


def test_pairs_are_made_by_id_and_question() -> None:
    before = [row("a", 0), row("b", 0), row("c", 0, question="旧"), row("d", None, answered=True)]
    after = [row("d", None, answered=False), row("c", 1, question="新"), row("b", 1), row("e", 1)]
    found = compare(before, after)
    assert (found.questions, found.only_before, found.only_after) == (2, 2, 2)
    assert found.differences["recall@3"].n == 1
    assert found.differences["false_answer_rate"].losses == 1
    with pytest.raises(SettingError, match="相同"):
        compare(before, rows([1]))
