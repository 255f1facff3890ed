from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import pytest

from index.ragged import Ragged

if TYPE_CHECKING:
    from index.student import Lesson

TOKENS, BATCH = 300, 256
TEXTS = 2 * BATCH


@pytest.fixture
def student(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """In small batches."""
    from index import student  # torch takes seconds to import, which only one worker need wait for

    monkeypatch.setattr(student, "BATCH", BATCH)
    monkeypatch.setattr(student, "TOLD_BATCH", BATCH)
    return student


@pytest.fixture(scope="module")
def lesson() -> "Lesson":
    """Texts of three words; each belongs to the one of three other words that its own stand for."""
    rng = np.random.default_rng(1)
    first = rng.integers(1, TOKENS // 2, (TEXTS, 3))
    words = rng.normal(size=(TOKENS, 200)).astype(np.float32)
    texts = Ragged.of(rng.integers(1, TOKENS, (500, 3)).tolist())
    told = np.stack([words[text].mean(axis=0) for text in (texts[n] for n in range(len(texts)))])
    pairs = {"swapped": (Ragged.of(first.tolist()), Ragged.of((first + TOKENS // 2 - 1).tolist()))}
    from index.student import Lesson

    return Lesson(pairs, words, texts, told)


def own_is_nearest(table: np.ndarray, lesson: "Lesson") -> float:
    first, second = (
        np.stack([table[side[n]].sum(axis=0) for n in range(400)]) for side in lesson.pairs["swapped"]
    )
    first, second = (side / np.linalg.norm(side, axis=1, keepdims=True) for side in (first, second))
    return float(((first @ second.T).argmax(axis=1) == np.arange(400)).mean())


def test_what_belongs_together_comes_near(
    student: ModuleType, lesson: "Lesson", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(student, "EPOCHS", 20)
    assert own_is_nearest(student.Student(lesson).table.detach().numpy(), lesson) < 0.1
    assert own_is_nearest(student.learn(lesson, 0), lesson) > 0.8


def test_the_same_seed_learns_the_same(
    student: ModuleType, lesson: "Lesson", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(student, "EPOCHS", 10)
    one, again = student.learn(lesson, 0), student.learn(lesson, 0)
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, student.learn(lesson, 1))


def test_it_begins_as_the_teacher_holds_words_to_be_alike(student: ModuleType, lesson: "Lesson") -> None:
    narrow = np.concatenate([lesson.words[:50], np.zeros_like(lesson.words[50:])])  # of fewer directions
    table = student.Student(lesson._replace(words=narrow)).table.detach().numpy()[:50]
    frequency = np.sqrt(student._frequencies(lesson))
    centred = (narrow - np.average(narrow, axis=0, weights=frequency))[:50]
    theirs, ours = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (centred, table))
    np.testing.assert_allclose(ours @ ours.T, theirs @ theirs.T, atol=1e-3)
