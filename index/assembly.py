"""Write the files of a generation while its documents are cut."""

from pathlib import Path

import numpy as np

from index.appended import Appended
from index.embedder import Vectors
from index.field import Field
from index.fieldwriter import FieldWriter
from index.mapped import mapped
from index.segmented import Segmented


class Assembly:
    """Takes documents in their order."""

    def __init__(self, folder: Path, words: Field, bigrams: Field, dimension: int) -> None:
        """Begin in ``folder`` with the fields of the generation before."""
        self._folder = folder
        self._words = FieldWriter(folder / "words", words)
        self._bigrams = FieldWriter(folder / "bigrams", bigrams)
        self._sentences = Appended(folder / "sentences.npy", np.int64, 3)
        self._passages = Appended(folder / "passages.npy", np.int64, 3)
        self._vectors = Appended(folder / "vectors.npy", np.float32, dimension)
        self._documents = 0

    def add(self, segmented: Segmented, vectors: Vectors) -> None:
        """Write some documents after the others."""
        document, sentence = self._documents, len(self._sentences)
        self._passages.add(segmented.passages + np.array([document, sentence, sentence]))
        self._sentences.add(segmented.sentences + np.array([document, 0, 0]))
        self._vectors.add(vectors)
        self._words.add(segmented.words)
        self._bigrams.add(segmented.bigrams)
        self._documents += segmented.documents

    def finish(self) -> None:
        """Write what finds all this."""
        sentences = len(self._sentences)
        self._vectors.close()
        self._sentences.close_by_columns()
        self._passages.close_by_columns()
        firsts = np.append(mapped(self._folder / "passages.npy")[:, 1], sentences)
        self._words.finish(firsts)
        self._bigrams.finish(firsts)
