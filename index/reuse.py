"""Take over from the generation before what a build would make again just so.

What is cut depends on the text and on the words of the own dictionary that stand in it (see
`Segmenter.own`): where one was added, removed or weighed anew, the documents that hold it are cut
again, and no others.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.metadata import version
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.documents import Documents
from index.embedder import Embedder, Vectors
from index.field import Field, Numbered
from index.fold import fold
from index.fold import version as folding
from index.generation import Contents
from index.manifest import Manifest
from index.ragged import Ragged
from index.segmented import Segmented
from index.segmenter import Segmenter, bigrams
from index.sentence import unwrapped
from index.term import Term, dictionary_of

Numbers = NDArray[np.int64]

_MAKERS = (
    *("cutting", "document", "encoding", "fold", "folder", "lexical", "mined", "packed", "passage", "pdf"),
    *("reader", "running", "segmented", "segmenter", "sentence", "source", "term", "text", "web", "webpage"),
    "words",
)
_LIBRARIES = ("beautifulsoup4", "jieba", "lxml", "mammoth", "markdownify", "pypdfium2", "rjieba")
_MOST = 200
"""Changed words that are looked for; with more, all is cut again."""


@cache
def program() -> str:
    """Name the program that reads and cuts: another one might do it in another way."""
    here = Path(__file__).parent
    digest = hashlib.sha256(folding().encode())
    for name in _MAKERS:
        digest.update((here / f"{name}.py").read_bytes())
    for library in _LIBRARIES:
        digest.update(version(library).encode())
    return digest.hexdigest()[:16]


class Reuse:
    """What can be taken over from the contents of a generation.

    Its program (see `program`), its embedder and its user dictionary have to be those of the build.
    """

    def __init__(self, contents: Contents, user: int, documents: Documents) -> None:
        """Find out which documents have the text and the title of one in ``contents``.

        Args:
            user: how many lines of its dictionary are the user's.
            documents: those of the build.

        """
        self.contents = contents
        """What was there."""
        self._user = user
        numbers: dict[tuple[str, str], int] = {}
        for number, record in enumerate(contents.documents.records()):
            numbers.setdefault((record.sha256, record.title), number)
        records = documents.records() if numbers else ()
        self.places: Numbers = np.full(len(documents), -1)
        self.places[: len(records)] = [numbers.get((one.sha256, one.title), -1) for one in records]
        """The number that each document of the build has there, -1 for a new one."""

    @property
    def terms(self) -> Sequence[Term]:
        """The terms, by their numbers."""
        return self.contents.terms

    def mined(self) -> Numbers:
        """Return the terms of the documents that are known: rows of document, term there, count."""
        mined, (known,) = self.contents.mined, np.nonzero(self.places >= 0)
        bounds = np.searchsorted(mined[:, 0], np.arange(len(self.contents.documents) + 1))
        rows = Ragged(np.arange(len(mined)), bounds).take(self.places[known])
        taken: Numbers = mined[rows.values].astype(np.int64)
        taken[:, 0] = np.repeat(known, rows.lengths)
        return taken

    def dictionary_of(self, terms: Sequence[Term], new: Iterable[Term], segmenter: Segmenter) -> list[str]:
        """Return what `index.term.dictionary_of` does, which looks at each name by itself."""
        known = self.contents.segmenter.dictionary[self._user :]
        chosen = {*known, *dictionary_of(new, segmenter)}
        names = chain.from_iterable((name, other) for name, other, _ in terms)
        return [name for name in dict.fromkeys(names) if name in chosen]

    def extend(self, segmenter: Segmenter, dictionary: Sequence[str]) -> None:
        """Add lines to a segmenter that has the user's; the first ones need not be weighed again."""
        known = self.contents.segmenter.entries[self._user :]
        same = [entry.line == line for entry, line in zip(known, dictionary, strict=False)]
        weighed = [*same, False].index(False)
        segmenter.add(known[:weighed])
        segmenter.extend(dictionary[weighed:])

    def uncut(self, segmenter: Segmenter) -> NDArray[np.bool_]:
        """Tell which documents of the build would not be cut as they were, new ones among them."""
        changed = self._changed(segmenter)
        if len(changed) > _MOST or not len(self.contents.documents):
            return np.ones(len(self.places), np.bool_)
        held = np.zeros(len(self.contents.documents) + 1, np.bool_)
        held[-1] = True  # the place -1
        near = sorted({number for word in changed for number in self._near(word).tolist()})
        pattern = re.compile("|".join(map(re.escape, sorted(changed))))
        held[[number for number in near if self._holds(number, pattern)]] = True
        return held[self.places]

    def _changed(self, segmenter: Segmenter) -> set[str]:
        """Return the words of the own dictionary that were added, removed or weighed anew."""
        if segmenter.entries == self.contents.segmenter.entries:
            return set()
        before, now = self.contents.segmenter.own, segmenter.own
        return {word for word in before.keys() | now.keys() if before.get(word) != now.get(word)}

    def _near(self, word: str) -> Numbers:
        """Return the numbers of the documents that hold all bigrams of a word."""
        field, pairs = self.contents.lexical.bigrams, bigrams(word)
        known = field.ids(pairs)
        ranges = self.contents.ranges(np.arange(len(self.contents.documents)))
        return np.flatnonzero(field.stand_in(known, *ranges).all(axis=0) & (len(known) == len(pairs)))

    def _holds(self, number: int, pattern: re.Pattern[str]) -> bool:
        """Tell whether a document holds one of the changed words."""
        document = self.contents.documents.read(number)
        # Folding does not reach over a newline. The text is there for its headings, the sentences
        # because a long one is cut where folding the whole would reach over, and words wrapped are whole.
        rows = self.contents.sentences[slice(*self._range(self.contents.sentences, number, number + 1))]
        sentences = [unwrapped(document.text[start:end]) for _, start, end in rows.tolist()]
        return pattern.search(fold("\n".join([document.title, document.text, *sentences]))) is not None

    @staticmethod
    def _range(rows: Numbers, first: int, stop: int) -> tuple[int, int]:
        start, end = np.searchsorted(rows[:, 0], np.array([first, stop], rows.dtype)).tolist()
        return start, end

    def segmented(self, first: int, stop: int) -> Segmented:
        """Return the documents in [first, stop), by their numbers there, as they were cut."""
        contents = self.contents
        inside = self._range(contents.sentences, first, stop)
        runs = self._range(contents.passages, first, stop)
        return Segmented(
            stop - first,
            contents.sentences[slice(*inside)] - np.array([first, 0, 0]),
            contents.passages[slice(*runs)] - np.array([first, inside[0], inside[0]]),
            _part(contents.lexical.words, inside, runs),
            _part(contents.lexical.bigrams, inside, runs),
            contents.vectors[slice(*runs)],
        )

    def vectors_of(self, number: int) -> Vectors:
        """Return the vectors of a document, by its number there."""
        vectors: Vectors = self.contents.vectors[
            slice(*self._range(self.contents.passages, number, number + 1))
        ]
        return vectors


def reuse_of(
    before: tuple[Manifest, Contents] | None,
    dictionary: Sequence[str],
    embedder: Embedder,
    documents: Documents,
) -> Reuse:
    """Return what a build of documents may take over from ``before``."""
    if before is not None:
        manifest, contents = before
        user = contents.segmenter.dictionary[: manifest.dictionary]
        alike = manifest.program == program() and manifest.embedder == embedder.name
        if alike and user == list(dictionary):
            return Reuse(contents, len(user), documents)
    return Reuse(Contents.nothing(), 0, documents)


def _part(field: Field, sentences: tuple[int, int], passages: tuple[int, int]) -> Numbered:
    return Numbered(field.sentences.part(*sentences), field.contexts.part(*passages), None, passages[0])
