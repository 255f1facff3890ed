"""The seam between text and vectors."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from index.manifest import sha256_of

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Turns text into unit vectors, float32 of shape (n, dimension)."""

    name: str
    """What made the vectors; another name is another space."""
    dimension: int
    reads_words: bool
    """Whether texts are to be the segmenter's words, joined by blanks, instead of prose."""

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Embed texts that are to be found."""
        ...

    def embed_questions(self, texts: Sequence[str]) -> Vectors:
        """Embed texts that are to find passages."""
        ...


_in_memory: WeakValueDictionary[str, Embedder] = WeakValueDictionary()
"""Those in use, by name: the next generation is embedded by the same, as a rule."""


def unit(vectors: Vectors) -> Vectors:
    """Scale rows to unit length; a zero row, of a text with no known token, stays near to nothing."""
    lengths = np.sqrt((vectors * vectors).sum(axis=1, keepdims=True))
    scaled: Vectors = vectors / np.maximum(lengths, np.float32(1e-12))
    return scaled


def load_embedder(model: str | None) -> Embedder:
    """Load the bundled model, or any sentence-transformers model by name or path."""
    # Each door imports its own engine: sentence-transformers alone takes seconds.
    loaded: Embedder
    if model is None:
        from index.static import StaticEmbedder

        loaded = StaticEmbedder()
    else:
        from index.transformer import TransformerEmbedder

        loaded = TransformerEmbedder(model)
    return _in_memory.setdefault(loaded.name, loaded)


def embedder_of(name: str, model: str | None) -> Embedder:
    """Return the embedder of that name if it is in memory, else load ``model``, which may be another."""
    found = _in_memory.get(name)
    return load_embedder(model) if found is None else found


def fingerprint_of(path: Path) -> str:
    """Return the first 8 hexadecimal digits of a file's sha256."""
    return sha256_of(path)[:8]
