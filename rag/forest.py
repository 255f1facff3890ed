"""Evaluate LightGBM's trees with numpy.

LightGBM trains the model and is its format; importing it takes longer than an answer and needs a
system library that slim machines lack, so the trees are read from its text file. All of them are
walked at once by matrix products, the GEMM strategy of Nakandala et al., "A Tensor Compiler for
Unified Machine Learning Prediction Serving" (OSDI 2020).
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

MODEL = Path(__file__).parent / "model" / "ranker.txt"


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
        leaves = max(int(tree["num_leaves"]) for tree in trees)
        splits = max(leaves - 1, 1)
        self._feature = np.zeros((len(trees), splits), np.int64)
        self._threshold = np.zeros((len(trees), splits), np.float32)
        self._value = np.zeros((len(trees), leaves), np.float64)
        # A leaf is reached when its splits hold: 1 for each it is left of, -1 for each it is right
        # of, and their sum is the number it is left of. A leaf that is not there is never reached.
        self._sides = np.zeros((len(trees), splits, leaves), np.float32)
        self._lefts = np.full((len(trees), 1, leaves), np.inf, np.float32)
        for row, tree in enumerate(trees):
            values = _numbers(tree["leaf_value"])
            self._value[row, : len(values)] = values
            self._lefts[row, 0, : len(values)] = 0
            if len(values) > 1:
                self._feature[row, : len(values) - 1] = _numbers(tree["split_feature"])
                self._threshold[row, : len(values) - 1] = _below(np.array(_numbers(tree["threshold"])))
                self._enter(row, tree)

    def _enter(self, row: int, tree: dict[str, str]) -> None:
        children = [[int(n) for n in _numbers(tree[side])] for side in ("left_child", "right_child")]

        def leaves(node: int) -> Iterator[int]:
            if node < 0:
                yield ~node
            else:
                for side in children:
                    yield from leaves(side[node])

        for node in range(len(children[0])):
            left, right = (list(leaves(side[node])) for side in children)
            self._sides[row, node, left] = 1
            self._sides[row, node, right] = -1
            self._lefts[row, 0, left] += 1

    def predict(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the raw score of each row of ``features`` (rows, features), (rows,)."""
        holds = features[:, self._feature.ravel()] <= self._threshold.ravel()
        by_tree = holds.reshape(len(features), *self._feature.shape).transpose(1, 0, 2)
        leaves = (by_tree.astype(np.float32) @ self._sides == self._lefts).argmax(axis=2)
        scores: NDArray[np.float64] = np.take_along_axis(self._value, leaves, axis=1).sum(axis=0)
        return scores


def _fields(block: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in block.split("\n") if "=" in line)


def _below(thresholds: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the greatest single-precision numbers that are not above: the same splits of such features."""
    near = thresholds.astype(np.float32)
    return np.where(near > thresholds, np.nextafter(near, np.float32(-np.inf)), near)


def _numbers(values: str) -> list[float]:
    return [float(value) for value in values.split()]
