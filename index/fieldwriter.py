"""Write a field while its tokens come."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index import splicing
from index.appended import kind_of
from index.field import Field, Numbered
from index.gathered import Gathered
from index.numbering import Numbering
from index.postings import Ids, Passages, norms_of
from index.splicing import Taken


class FieldWriter:
    """Takes the tokens of documents in their order."""

    def __init__(self, folder: Path, before: Field, firsts: Ids) -> None:
        """Begin a field without tokens in a new folder.

        Args:
            before: that of the generation before.
            firsts: the first sentence of each passage there, and the end of the last one's.

        """
        folder.mkdir()
        self._folder, self._before = folder, before
        self._passages = Passages(before.sentences, before.contexts, firsts)
        self.moved = np.full(before.size, -1, np.int32)
        """The number of each passage of ``before`` now, -1 where it is gone."""
        self._size = 0
        self._numbering = Numbering(before.tokens)
        self._sentences = Gathered(folder, "sentences", before.sentences)
        self._contexts = Gathered(folder, "contexts", before.contexts)

    def add(self, tokens: Numbered) -> None:
        """Write the tokens of some documents after the others."""
        size = len(tokens.contexts)
        if tokens.names is None:
            first, sentence = tokens.first, int(self._passages.firsts[tokens.first])
            self.moved[first : first + size] = np.arange(self._size, self._size + size)
            self._sentences.take_over(sentence, sentence + len(tokens.sentences))
            self._contexts.take_over(first, first + size)
        else:
            tokens = tokens.renumbered(self._numbering.of(tokens.names))
            self._sentences.add(tokens.sentences)
            self._contexts.add(tokens.contexts)
        self._size += size

    def finish(self, firsts: Ids) -> None:
        """Number the tokens and count them.

        Args:
            firsts: the first sentence of each passage, and the end of the last one's.

        """
        self._numbering.take_over(np.flatnonzero(self._stays()))
        names, anew = self._numbering.finish()
        del self._numbering  # as large as the vocabulary
        names.save(self._folder, "tokens")
        short = anew.astype(kind_of(len(names)))
        passages = Passages(self._sentences.write(short), self._contexts.write(short), firsts)
        np.save(self._folder / "norms.npy", norms_of(passages.lengths))
        taken = Taken(self._passages, self._before.postings, self.moved, anew[: len(self._before.tokens)])
        splicing.write(passages, len(names), self._folder, taken)

    def _stays(self) -> NDArray[np.bool_]:
        """Tell which tokens of the generation before some passage holds that is taken over."""
        held, gone = np.diff(self._before.postings.indptr), np.flatnonzero(self.moved < 0)
        if len(gone) == len(self.moved):
            return np.zeros(len(held), np.bool_)
        stays: NDArray[np.bool_] = held > self._passages.frequencies(gone, len(held))
        return stays
