"""Embed with the bundled static model, without torch.

The model is a sentence-transformers `StaticEmbedding` in its standard folder. One vector per token
is all it holds, so numpy reads it in milliseconds where importing sentence-transformers takes
seconds and hundreds of megabytes.
"""

from collections.abc import Sequence
from functools import lru_cache, partial
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from tokenizers import Tokenizer

from index.embedder import Vectors, fingerprint_of, unit
from index.segmenter import is_han

BUNDLED = Path(__file__).parent / "model"

_REMEMBERED = 1 << 16
"""Words whose rows are kept: most words of a text were in the one before."""


def spell(words: Sequence[str]) -> str:
    """Return the text that the model reads: the words, then the characters of each Chinese word.

    The characters carry words that the vocabulary lacks, and typing errors in those it has.
    """
    characters = [c for word in words if len(word) > 1 and is_han(word) for c in word]
    return " ".join([*words, *characters])


def _pieces(tokenizer: Tokenizer, word: str) -> list[int]:
    """Return the rows of one word as it is spelt; see `spell`."""
    whole = tokenizer.token_to_id(word)  # asked first, for it takes a tenth of the time
    rows: list[int] = tokenizer.encode(word).ids if whole is None else [whole]
    if len(word) > 1 and is_han(word):
        for character in word:
            rows += _pieces(tokenizer, character)
    return rows


class StaticEmbedder:
    """The mean of one vector per token, at unit length."""

    reads_words = True

    def __init__(self, folder: Path = BUNDLED) -> None:
        """Read ``tokenizer.json`` and ``model.safetensors`` from ``folder``."""
        weights = folder / "model.safetensors"
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        with safe_open(weights, "numpy") as tensors:
            table = tensors.get_tensor("embedding.weight")
        self._rows = np.zeros((len(table) + 1, table.shape[1]), np.float32)
        """The last is of no word."""
        self._rows[:-1] = table
        self.lengths = np.maximum(np.sqrt(np.einsum("ij,ij->i", self._rows, self._rows)), np.float32(1e-12))
        """Of each row, never zero, (rows,)."""
        self._pieces = lru_cache(_REMEMBERED)(partial(_pieces, self._tokenizer))
        self.dimension = int(self._rows.shape[1])
        self.name = f"chuchu-static-{fingerprint_of(weights)}"

    def rows_of(self, words: Sequence[str]) -> NDArray[np.int64]:
        """Return the row of each word, -1 where the vocabulary lacks it."""
        found = (self._tokenizer.token_to_id(word) for word in words)
        return np.array([-1 if row is None else row for row in found], np.int64)

    def rows(self, numbers: NDArray[np.int64]) -> Vectors:
        """Return the vectors of rows as they are summed, zero for row -1, (rows, dimension)."""
        vectors: Vectors = self._rows.take(numbers, axis=0)
        return vectors

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Embed passages; the same space as `embed_questions`."""
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for vector, text in zip(vectors, texts, strict=True):
            rows = np.fromiter(chain.from_iterable(map(self._pieces, text.split())), np.int64)
            vector[:] = self._rows.take(rows, axis=0).sum(axis=0)
        return unit(vectors)

    embed_questions = embed_passages
