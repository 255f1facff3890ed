"""Write a field while its tokens come."""

from pathlib import Path

import numpy as np

from index import splicing
from index.appended import AppendedRagged
from index.field import Field, Numbered
from index.mapped import mapped
from index.numbering import Numbering, Numbers
from index.postings import Ids, Passages
from index.ragged import Ragged
from index.splicing import Taken

_BLOCK = 1 << 20


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
        self._numbering = Numbering(before.tokens)
        self._taken: list[Numbered] = []
        self._sentences = AppendedRagged(folder, "sentences")
        self._contexts = AppendedRagged(folder, "contexts")

    def add(self, tokens: Numbered) -> None:
        """Write the tokens of some documents after the others."""
        if tokens.names is None:
            self._taken.append(tokens)
            here, size = len(self._contexts), len(tokens.contexts)
            self.moved[tokens.first : tokens.first + size] = np.arange(here, here + size)
        else:
            tokens = tokens.renumbered(self._numbering.of(tokens.names))
        self._sentences.add(tokens.sentences)
        self._contexts.add(tokens.contexts)

    def finish(self, firsts: Ids) -> None:
        """Number the tokens and score the passages.

        Args:
            firsts: the first sentence of each passage, and the end of the last one's.

        """
        self._sentences.close()
        self._contexts.close()
        for tokens in self._taken:
            self._numbering.take_over(tokens.sentences.values)
            self._numbering.take_over(tokens.contexts.values)
        names, anew = self._numbering.finish()
        del self._numbering  # as large as the vocabulary
        names.save(self._folder, "tokens")
        if not np.array_equal(anew, np.arange(len(names))):
            for part in ("sentences", "contexts"):
                _renumber(self._folder / f"{part}.npy", anew)
        sentences, contexts = (Ragged.load(self._folder, part) for part in ("sentences", "contexts"))
        taken = Taken(self._passages, self._before.postings, self.moved, anew[: len(self._before.tokens)])
        splicing.write(Passages(sentences, contexts, firsts), len(names), self._folder, taken)


def _renumber(path: Path, anew: Numbers) -> None:
    values = mapped(path)
    with path.open("r+b") as file:
        file.seek(path.stat().st_size - values.nbytes)
        for start in range(0, len(values), _BLOCK):
            file.write(anew[values[start : start + _BLOCK]].data)
