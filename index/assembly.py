"""Write the files of a generation while its documents are cut."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from index.appended import Appended
from index.codes import Codes, Taken, codes_of
from index.embedder import Vectors
from index.fieldwriter import FieldWriter
from index.generation import Contents
from index.manifest import sync
from index.mapped import mapped
from index.segmented import Segmented


class Assembly:
    """Takes documents in their order."""

    def __init__(self, folder: Path, before: Contents, dimension: int) -> None:
        """Begin in ``folder`` after the generation ``before``."""
        self._folder, self._before = folder, before
        firsts = np.append(before.passages[:, 1], len(before.sentences))
        self._words = FieldWriter(folder / "words", before.lexical.words, firsts)
        self._bigrams = FieldWriter(folder / "bigrams", before.lexical.bigrams, firsts)
        self._sentences = Appended(folder / "sentences.npy", np.int32, 3)
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

    def finish(self) -> Codes | None:
        """Write what all this is found by; return the codes of the vectors, if there are any."""
        sentences = len(self._sentences)
        self._vectors.close()
        self._passages.close_by_columns()
        firsts = np.append(mapped(self._folder / "passages.npy")[:, 1], sentences)
        with ThreadPoolExecutor() as threads:
            codes = threads.submit(self._code)
            longest = threads.submit(self._bigrams.finish, firsts)
            self._words.finish(firsts)
            self._sentences.close_by_columns()
            self._keep()
            longest.result()
            return codes.result()

    def _keep(self) -> None:
        """Have the disk keep what is there: it has nothing else to do, and less is left for the end."""
        for path in filter(Path.is_file, self._folder.iterdir()):
            sync(path)

    def _code(self) -> Codes | None:
        old = self._before
        taken = Taken(old.vectors, old.codes, self._words.moved) if old.codes else None
        codes = codes_of(mapped(self._folder / "vectors.npy"), taken)
        if codes:
            codes.save(self._folder)
        return codes
