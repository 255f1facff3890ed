"""Evaluate LightGBM's trees with numpy.

LightGBM trains the model and is its format; importing it takes longer than an answer and needs a
system library that slim machines lack, so the trees are read from its text file. All of them are
walked at once by bits, as QuickScorer does (Lucchese et al., SIGIR 2015): a split that sends a row to
the right rules out the leaves on its left, and the first leaf that is left over is the row's.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

MODEL = Path(__file__).parent / "model" / "ranker.txt"

_LEAVES = 16
"""Of a tree, at most: one bit each."""
_ROWS = 64
"""Rows that are scored at once, at most."""
_STEP = 16
"""Rows are filled up to a multiple of it: numpy is quick where nothing has to be repeated along an axis, so
the splits are kept repeated for each."""


class Forest:
    """A sum of trees with numerical splits."""

    def __init__(self, text: str) -> None:
        """Read a model in LightGBM's text format (version 4).

        Raises:
            ValueError: it is none, or has categorical splits.
        """
        head, *blocks = text.split("\n\nTree=")
        trees = [_fields(block) for block in blocks]
        if not trees or any(int(tree.get("num_cat", 1)) for tree in trees):
            raise ValueError("not a LightGBM model of numerical features")
        self.names = tuple(_fields(head)["feature_names"].split())
        splits = max(int(tree["num_leaves"]) for tree in trees) - 1
        if splits >= _LEAVES:
            raise ValueError(f"trees of more than {_LEAVES} leaves")
        # One row of thresholds for each split of each tree; those that are not there send nothing right.
        feature = np.zeros((splits, len(trees)), np.int64)
        threshold = np.full((splits, len(trees)), np.inf, np.float32)
        ruled_out = np.zeros((splits, len(trees)), np.uint16)
        self._value = np.zeros((len(trees), _LEAVES), np.float64)
        for column, tree in enumerate(trees):
            order, lefts = _leaves(tree)
            self._value[column, : len(order)] = np.array(_numbers(tree["leaf_value"]))[order]
            if lefts:
                feature[: len(lefts), column] = _numbers(tree["split_feature"])
                threshold[: len(lefts), column] = _below(np.array(_numbers(tree["threshold"])))
                ruled_out[: len(lefts), column] = lefts
        self._feature = feature
        self._repeated = {
            rows: (threshold[..., None].repeat(rows, axis=2), ruled_out[..., None].repeat(rows, axis=2))
            for rows in range(_STEP, _ROWS + 1, _STEP)
        }
        self._first = _LEAVES * np.arange(len(trees))[:, None]

    def predict(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the raw score of each row of ``features`` (rows, features), (rows,)."""
        starts = range(0, len(features), _ROWS)
        return np.concatenate([np.empty(0), *(self._scores(features[n : n + _ROWS]) for n in starts)])

    def _scores(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        threshold, ruled_out = self._repeated[-(-len(features) // _STEP) * _STEP]
        columns = np.zeros((features.shape[1], threshold.shape[2]), np.float32)
        columns[:, : len(features)] = features.T
        right = columns.take(self._feature, axis=0) > threshold
        left_over = ~np.bitwise_or.reduce(ruled_out * right, axis=0)
        leaves = _FIRST_BIT.take(left_over) + self._first
        scores: NDArray[np.float64] = self._value.take(leaves).sum(axis=0)
        return scores[: len(features)]


def _first_bits() -> NDArray[np.int8]:
    numbers = np.arange(1 << _LEAVES)
    numbers[0] = 1  # which never comes to be: a row always ends somewhere
    bits: NDArray[np.int8] = np.log2(numbers & -numbers).astype(np.int8)
    return bits


_FIRST_BIT = _first_bits()
"""The place of the first bit of each number."""


def _leaves(tree: dict[str, str]) -> tuple[list[int], list[int]]:
    """Return the leaves of a tree from left to right, and for each split those on its left, as bits."""
    if int(tree["num_leaves"]) == 1:
        return [0], []
    left, right = ([int(n) for n in _numbers(tree[side])] for side in ("left_child", "right_child"))
    order: list[int] = []
    lefts = [0] * len(left)

    def walk(node: int) -> None:
        if node < 0:
            order.append(~node)
            return
        begun = len(order)
        walk(left[node])
        lefts[node] = (1 << len(order)) - (1 << begun)
        walk(right[node])

    walk(0)
    return order, lefts


def _fields(block: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in block.split("\n") if "=" in line)


def _below(thresholds: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the greatest single-precision numbers that are not above: the same splits of such features."""
    near = thresholds.astype(np.float32)
    return np.where(near > thresholds, np.nextafter(near, np.float32(-np.inf)), near)


def _numbers(values: str) -> list[float]:
    return [float(value) for value in values.split()]
