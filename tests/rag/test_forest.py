import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.features import NAMES
from rag.forest import MODEL, Forest, _below


@settings(max_examples=25)
@given(
    seed=st.integers(0, 10_000),
    features=st.integers(1, 6),
    leaves=st.integers(2, 16),
    rounds=st.integers(1, 12),
    constant=st.booleans(),
)
def test_the_same_scores_as_lightgbm(
    seed: int, features: int, leaves: int, rounds: int, constant: bool
) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(200, features)).round(1).astype(np.float32)
    target = np.zeros(200) if constant else rows[:, 0] * rng.normal() + rng.normal(size=200)
    parameters = {"objective": "regression", "num_leaves": leaves, "min_data_in_leaf": 2, "verbose": -1}
    booster = lightgbm.train(parameters, lightgbm.Dataset(rows, target), rounds)
    asked = np.vstack([rows, rng.normal(size=(50, features)).astype(np.float32)])
    ours = Forest(booster.model_to_string()).predict(asked)
    np.testing.assert_allclose(ours, booster.predict(asked, raw_score=True), atol=1e-9)


def test_the_bundled_model() -> None:
    forest = Forest(MODEL.read_text("utf-8"))
    assert forest.names == NAMES
    assert sum(path.stat().st_size for path in MODEL.parent.iterdir()) <= 3e6
    rows = np.random.default_rng(0).random((300, len(NAMES)), dtype=np.float32)
    theirs = lightgbm.Booster(model_file=MODEL).predict(rows, raw_score=True)
    for count in (1, 17, 33, 300):
        np.testing.assert_allclose(forest.predict(rows[:count]), theirs[:count], atol=1e-9)


def test_larger_trees_are_refused() -> None:
    rng = np.random.default_rng(0)
    parameters = {"objective": "regression", "num_leaves": 17, "min_data_in_leaf": 2, "verbose": -1}
    booster = lightgbm.train(parameters, lightgbm.Dataset(rng.normal(size=(500, 2)), rng.normal(size=500)), 1)
    with pytest.raises(ValueError, match="more than 16 leaves"):
        Forest(booster.model_to_string())


def test_no_rows() -> None:
    assert Forest(MODEL.read_text("utf-8")).predict(np.zeros((0, len(NAMES)), np.float32)).shape == (0,)


@pytest.mark.parametrize("text", ["", "tree\nversion=v4\n", "not a model\n\nTree=0\nnum_leaves=2\n"])
def test_something_else_is_refused(text: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        Forest(text)


@given(
    threshold=st.floats(-1e6, 1e6),
    value=st.floats(-1e6, 1e6, width=32),
)
def test_a_threshold_in_single_precision_splits_the_same(threshold: float, value: float) -> None:
    near = float(_below(np.array([threshold]))[0])
    for feature in (
        value,
        float(np.float32(threshold)),
        float(np.nextafter(np.float32(threshold), np.float32(9e9))),
    ):
        assert (feature <= near) == (feature <= threshold)
