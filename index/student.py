"""Fit one vector per token to pairs of texts and to what a teacher makes of texts and words."""

from collections.abc import Iterator
from itertools import chain, islice
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import track
from torch import Tensor, nn
from torch.nn.functional import cosine_similarity, cross_entropy, embedding_bag, normalize

from index.embedder import Vectors
from index.ragged import Ragged

DIMENSION = 192
EPOCHS = 3
BATCH, TOLD_BATCH = 1024, 2048
SCALE = 20.0  # of the cosines that the contrast compares
TEXTS_WEIGHT, WORDS_WEIGHT = 4.0, 0.5
RATE, HEAD_RATE = 0.01, 0.0005


class Lesson(NamedTuple):
    """What there is to learn; texts are lists of token numbers."""

    pairs: dict[str, tuple[Ragged, Ragged]]
    """Of each kind, texts and what each belongs to."""
    words: Vectors
    """What the teacher makes of each token, (tokens, teacher's dimension)."""
    texts: Ragged
    told: Vectors
    """What the teacher makes of each text, (texts, teacher's dimension)."""


class Student:
    """A vector per token, and a linear head that says what the teacher would."""

    def __init__(self, lesson: Lesson) -> None:
        """Begin with the teacher's words in their principal directions.

        Frequent words weigh less: 0.001 / (0.001 + frequency) (Arora, Liang and Ma 2017).
        """
        frequency = _frequencies(lesson)
        words = lesson.words - np.average(lesson.words, axis=0, weights=np.sqrt(frequency))
        weighed = words * np.sqrt(np.minimum(frequency, 1e-4))[:, None]
        _, directions = np.linalg.eigh(weighed.T @ weighed)
        directions = directions[:, : -DIMENSION - 1 : -1].copy()  # of the greatest spread first
        start = words @ directions
        start *= (1e-3 / (1e-3 + frequency))[:, None] / np.linalg.norm(start, axis=1).mean()
        self.words = torch.from_numpy(words)
        self.table = nn.Parameter(torch.from_numpy(start.astype(np.float32)))
        self.head = nn.Linear(DIMENSION, words.shape[1])
        with torch.no_grad():
            self.head.weight.copy_(torch.from_numpy(directions))
            self.head.bias.zero_()

    def read(self, texts: Ragged) -> Tensor:
        """Return the vectors of texts, (texts, `DIMENSION`)."""
        values, starts = torch.from_numpy(texts.values.astype(np.int64)), torch.from_numpy(texts.bounds[:-1])
        return normalize(embedding_bag(values, self.table, starts, mode="sum"), dim=-1)

    def unlike(self, vectors: Tensor, told: Tensor) -> Tensor:
        """Return how far the vectors are from what the teacher told, 0 to 2."""
        return (1 - cosine_similarity(self.head(vectors), told)).mean()


def _frequencies(lesson: Lesson) -> NDArray[np.float32]:
    """Return the share of each token among those of the pairs."""
    tokens = np.concatenate([side.values for both in lesson.pairs.values() for side in both])
    counts = np.bincount(tokens, minlength=len(lesson.words)) + 1
    shares: NDArray[np.float32] = (counts / counts.sum()).astype(np.float32)
    return shares


def _batches(lesson: Lesson, rng: np.random.Generator) -> Iterator[tuple[Ragged, Ragged]]:
    """Yield all pairs in a new order, each batch of one kind."""
    orders = {kind: iter(rng.permutation(len(first))) for kind, (first, _) in lesson.pairs.items()}
    for kind in rng.permutation([kind for kind, n in _sizes(lesson).items() for _ in range(n)]):
        some = list(islice(orders[kind], BATCH))
        first, second = lesson.pairs[kind]
        yield first.take(some), second.take(some)


def _sizes(lesson: Lesson) -> dict[str, int]:
    """Return how many batches there are of each kind."""
    return {kind: len(first) // BATCH for kind, (first, _) in lesson.pairs.items()}


def learn(lesson: Lesson, seed: int) -> Vectors:
    """Return the vector of each token, (tokens, `DIMENSION`).

    The loss is the contrast of each text's pair with the others of its batch (Henderson et al. 2017), and
    the distance from the teacher, of texts and of single words.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    student, told = Student(lesson), torch.from_numpy(lesson.told)
    steps = EPOCHS * sum(_sizes(lesson).values())
    batches = chain.from_iterable(_batches(lesson, rng) for _ in range(EPOCHS))
    optimizer = torch.optim.Adam(
        [{"params": [student.table], "lr": RATE}, {"params": student.head.parameters(), "lr": HEAD_RATE}]
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, [RATE, HEAD_RATE], steps, pct_start=0.1, cycle_momentum=False
    )
    for first, second in track(batches, "学习", steps):
        texts, words = (rng.integers(0, len(known), TOLD_BATCH) for known in (told, student.words))
        cosines = SCALE * student.read(first) @ student.read(second).T
        loss = (
            cross_entropy(cosines, torch.arange(len(cosines)))
            + TEXTS_WEIGHT * student.unlike(student.read(lesson.texts.take(texts)), told[texts])
            + WORDS_WEIGHT * student.unlike(student.table[words], student.words[words])
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    table: Vectors = student.table.detach().numpy()
    return table
