import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import SettingError
from rag.bootstrap import Estimate
from rag.gate import Bound, Gate
from rag.report import Report


def report(recall: float, false_answers: float | None = None) -> Report:
    values = {"recall@3": recall, "false_answer_rate": false_answers}
    metrics = {name: Estimate(value, 0, 1, 4) for name, value in values.items() if value is not None}
    return Report(1, {}, 4, 4, metrics, {}, [], [])


@given(st.floats(-2, 2), st.floats(-2, 2))
def test_a_bound_is_a_comparison(measured: float, value: float) -> None:
    at_least = Gate((Bound("recall@3", value, "at_least"),)).shortfalls(report(measured))
    at_most = Gate((Bound("recall@3", value, "at_most"),)).shortfalls(report(measured))
    assert bool(at_least) == (measured < value)
    assert bool(at_most) == (measured > value)


def test_what_fell_short_is_named_with_both_values() -> None:
    gate = Gate.parse(["recall@3=0.9", " recall@3 = 0.5 "], ["false_answer_rate=0.1"])
    (short,) = gate.shortfalls(report(0.8125, 0.1))
    assert (short.bound, short.measured) == (Bound("recall@3", 0.9, "at_least"), 0.8125)
    assert str(short) == "recall@3 应至少 0.9，测得 0.8125"


def test_what_was_not_measured_falls_short() -> None:
    gate = Gate.parse(["answer@3=0"], ["false_answer_rate=1"])
    assert [short.bound.metric for short in gate.shortfalls(report(1.0))] == ["answer@3", "false_answer_rate"]
    assert Gate().shortfalls(report(0.0)) == []


@pytest.mark.parametrize("text", ["", "recall@3", "recall@3=", "recall@3=很高", "recall@3=nan", "recall@3=inf", "recal@3=0.9", "=1"])  # fmt: skip
def test_a_bound_that_cannot_be_read_is_the_users_mistake(text: str) -> None:
    with pytest.raises(SettingError, match=r"recall@3=0\.9"):
        Gate.parse([text])
