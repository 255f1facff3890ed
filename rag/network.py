"""The small network that reads a question beside a passage."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.overlap import Held, Matrix

MOST, LEAST = 8.0, 1e-6
"""Of the exponent that a word is pooled with; of a sum of shares."""
_SPREAD = 1e-5  # that what does not differ is not divided by nothing
EXACT = 2.0
"""How like a word is to itself, where 1 is that of another with the same vector."""


@dataclass(frozen=True)
class Text:
    """A question and a passage, as the network takes them."""

    question: Matrix
    """Of each word of the question, (words, inputs)."""
    passage: Matrix
    """Of each word of the passage, its title and headings first, (words, inputs + 3)."""
    likeness: Matrix
    """Cosines, (words of the question, words of the passage)."""
    same: Held
    """Which of them are one word, in the same shape."""
    starts: NDArray[np.int64]
    """The place of each sentence's first word, ascending; none is empty."""


class Network:
    """Convolutions over words, and attention from the passage to the question.

    Each word looks at those beside it; then at the question's, most at those that it is or is like; then
    again at those beside it. A sentence is the mean of its words, weighed by what they matter, beside how
    near it comes to each word of the question.
    """

    def __init__(self, weights: Mapping[str, NDArray[np.floating]]) -> None:
        """Take what `rag.pupil` learnt; see there for the names."""
        one = {name: np.asarray(value, np.float32) for name, value in weights.items()}
        # Laid out as they are multiplied: a product with a transposed matrix takes half as long again.
        self._weights = {
            name: np.ascontiguousarray(value.T) if value.ndim == 2 else value for name, value in one.items()
        }
        width = len(one["question.bias"])
        self._even = np.full(width, 1 / width, np.float32)

    def read(self, text: Text) -> Matrix:
        """Return of each sentence how much likelier it is to answer than that none does, (sentences,).

        Natural logarithms of odds; 0 is as likely as not.
        """
        asked = self._around("question_around", _rectified(self._linear("question", text.question)))
        words = self._around("around", _rectified(self._linear("passage", text.passage)))
        words = self._around("fused_around", self._fused(words, asked, text))
        return self._scores(words, asked, text)

    def _fused(self, words: Matrix, asked: Matrix, text: Text) -> Matrix:
        """Let each word look at the question."""
        like, same = self._weights["likeness"]
        towards = (words @ self._weights["attention.weight"]) @ asked.T / np.float32(np.sqrt(words.shape[1]))
        found = _softmax(towards + like * text.likeness.T + same * text.same.T, axis=1) @ asked
        held = text.same.any(axis=0)
        best = np.maximum(text.likeness.max(axis=0, initial=0), held)
        width = words.shape[1]
        beside = np.empty((len(words), 3 * width + 2), np.float32)
        beside[:, :width], beside[:, width : 2 * width], beside[:, -2], beside[:, -1] = (
            words,
            found,
            best,
            held,
        )
        np.multiply(words, found, out=beside[:, 2 * width : -2])
        return self._normal("fused_norm", _rectified(self._linear("fused", beside)))

    def _scores(self, words: Matrix, asked: Matrix, text: Text) -> Matrix:
        first = text.starts[0]
        starts, said = text.starts - first, words[first:]
        share = np.exp(self._linear("pool", said).clip(-MOST, MOST))
        sums = np.add.reduceat(np.column_stack([said * one[:, None] for one in share.T]), starts, axis=0)
        means = sums / np.repeat(np.add.reduceat(share, starts, axis=0) + LEAST, said.shape[1], axis=1)
        near = np.maximum(text.likeness, EXACT * text.same)[:, first:]
        near = np.maximum.reduceat(near, starts, axis=1).clip(0)
        importance = _softmax(self._linear("importance", asked), axis=0)
        alike = np.concatenate([near.max(axis=1) @ importance, asked.mean(axis=0)])
        alike = np.broadcast_to(alike, (len(starts), len(alike)))
        every = np.column_stack([means, near.T @ importance, alike])
        scores: Matrix = self._linear("score", _rectified(self._linear("hidden", every)))[:, 0]
        return scores

    def _linear(self, name: str, rows: Matrix) -> Matrix:
        out: Matrix = rows @ self._weights[f"{name}.weight"]
        out += self._weights[f"{name}.bias"]
        return out

    def _around(self, name: str, words: Matrix) -> Matrix:
        """Let each word look at the one before and the one after."""
        three = np.zeros((len(words), 3, words.shape[1]), np.float32)
        three[1:, 0], three[:, 1], three[:-1, 2] = words[:-1], words, words[1:]
        seen = _rectified(self._linear(name, three.reshape(len(words), -1)))
        seen += words
        return self._normal(f"{name}_norm", seen)

    def _normal(self, name: str, rows: Matrix) -> Matrix:
        """Layer normalization (Ba, Kiros and Hinton 2016)."""
        out: Matrix = rows - (rows @ self._even)[:, None]
        out /= np.sqrt(np.square(out) @ self._even + _SPREAD)[:, None]
        out *= self._weights[f"{name}.weight"]
        out += self._weights[f"{name}.bias"]
        return out


def _rectified(rows: Matrix) -> Matrix:
    rectified: Matrix = np.maximum(rows, 0, out=rows)
    return rectified


def _softmax(rows: Matrix, axis: int) -> Matrix:
    shares: Matrix = np.exp(rows - rows.max(axis=axis, keepdims=True))
    shares /= shares.sum(axis=axis, keepdims=True)
    return shares
