"""Take over from the generation before what a build would make again just so.

What is cut depends on the text and on the words of the own dictionary that stand in it (see
`Segmenter.own`): where one was added, removed or weighed anew, the sentences that hold it are cut
again, and no others.
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib.metadata import version
from itertools import takewhile
from pathlib import Path

import numpy as np

from index.document import Document
from index.embedder import Embedder
from index.field import Field, Numbered
from index.fold import fold
from index.generation import Contents
from index.lexical import Cut
from index.manifest import Manifest
from index.mined import Mined, TermNumbers
from index.segmented import Cutter, Segmented
from index.segmenter import Segmenter
from index.term import Term, dictionary_of

_MAKERS = (
    *("document", "encoding", "fold", "lexical", "mined", "passage", "reader"),
    *("segmented", "segmenter", "sentence", "source", "term", "words"),
)
_LIBRARIES = ("beautifulsoup4", "jieba", "mammoth", "markdownify", "opencc", "pypdfium2")
_MOST = 200
"""Changed words that are looked for; with more, all is cut again."""


@cache
def program() -> str:
    """Name the program that reads and cuts: another one might do it in another way."""
    here = Path(__file__).parent
    digest = hashlib.sha256(unicodedata.unidata_version.encode())
    for name in _MAKERS:
        digest.update((here / f"{name}.py").read_bytes())
    for library in _LIBRARIES:
        digest.update(version(library).encode())
    return digest.hexdigest()[:16]


class Reuse:
    """What can be taken over from the contents of a generation.

    Its program (see `program`) and its user dictionary have to be those of the build.
    """

    def __init__(self, contents: Contents, user: int, vectors: bool) -> None:
        """Look into ``contents``.

        Args:
            user: how many lines of its dictionary are the user's.
            vectors: whether its vectors are of the build's embedder.

        """
        self._contents = contents
        self._user = user
        self._vectors = vectors
        self._number: dict[str, int] = {}
        for number, document in enumerate(contents.documents):
            self._number.setdefault(document.sha256, number)
        documents = np.arange(len(contents.documents) + 1)
        self._sentences = np.searchsorted(contents.sentences[:, 0], documents).tolist()
        self._passages = np.searchsorted(contents.passages[:, 0], documents).tolist()
        self._mined = np.searchsorted(contents.mined[:, 0], documents).tolist()
        self._changed: re.Pattern[str] | None = None
        self._all_changed = False

    def term_numbers(self) -> TermNumbers:
        """Number the terms as they are numbered here."""
        return TermNumbers({(term.name, term.other): n for n, term in enumerate(self._contents.terms)})

    def mined(self, document: Document) -> Mined | None:
        """Return the terms of a document by `term_numbers`; None where its text is new."""
        if (number := self._number.get(document.sha256)) is None:
            return None
        rows = self._contents.mined[self._mined[number] : self._mined[number + 1]].astype(np.int32)
        return Mined(rows[:, 1], rows[:, 2])

    def dictionary_of(self, terms: Sequence[Term], segmenter: Segmenter) -> list[str]:
        """Return what `index.term.dictionary_of` does, which looks at each name by itself."""
        known = set(_names(self._contents.terms))
        chosen = set(self._contents.segmenter.dictionary[self._user :])
        chosen |= set(
            dictionary_of([term for term in terms if not known.issuperset(_names([term]))], segmenter)
        )
        return list(dict.fromkeys(name for name in _names(terms) if name in chosen))

    def extend(self, segmenter: Segmenter, dictionary: Sequence[str]) -> None:
        """Add lines to a segmenter that has the user's; the first ones need not be weighed again."""
        known = self._contents.segmenter.entries[self._user :]
        same = takewhile(lambda pair: pair[0].line == pair[1], zip(known, dictionary, strict=False))
        weighed = [entry for entry, _ in same]
        for entry in weighed:
            segmenter.add(entry)
        segmenter.extend(dictionary[len(weighed) :])

    def cutter(self, segmenter: Segmenter) -> Cutter:
        """Return a cutter that numbers tokens as they are numbered here, and see which words changed."""
        before, now = self._contents.segmenter.own, segmenter.own
        changed = {word for word in before.keys() | now.keys() if before.get(word) != now.get(word)}
        self._all_changed = len(changed) > _MOST
        if changed and not self._all_changed:
            self._changed = re.compile("|".join(map(re.escape, sorted(changed))))
        lexical = self._contents.lexical
        return Cutter(segmenter, lexical.words.tokens, lexical.bigrams.tokens)

    def segmented(self, document: Document, cutter: Cutter) -> Segmented | None:
        """Return a document cut, of the same text; None where all of it is to be cut."""
        number = self._number.get(document.sha256)
        if number is None or self._all_changed:
            return None
        contents = self._contents
        sentences = slice(self._sentences[number], self._sentences[number + 1])
        passages = slice(self._passages[number], self._passages[number + 1])
        known = Segmented(
            sentences=contents.sentences[sentences, 1:],
            passages=contents.passages[passages, 1:] - sentences.start,
            words=_part(contents.lexical.words, sentences, passages),
            bigrams=_part(contents.lexical.bigrams, sentences, passages),
            vectors=contents.vectors[passages] if self._vectors else None,
        )
        return self._cut_again(known, document, contents.documents[number], cutter)

    def _cut_again(self, known: Segmented, document: Document, before: Document, cutter: Cutter) -> Segmented:
        touched = self._touched(known, document)
        texts = [document.text[start:end] for start, end in known.sentences.tolist()] if touched else []
        sentences = {n: cutter.cut(text) for n, text in enumerate(texts) if touched and touched(text)}
        contexts: dict[int, Cut] = {}
        if touched or document.title != before.title:
            once: Callable[[str], Cut] = cache(cutter.cut)
            for n, start in enumerate(known.sentences[known.passages[:, 0], 0].tolist()):
                context = document.context_at(start)
                if document.title != before.title or (touched and touched(context)):
                    contexts[n] = once(context)
        if not sentences and not contexts:
            return known
        owners: list[int] = np.searchsorted(known.passages[:, 1], list(sentences), side="right").tolist()
        return Segmented(
            known.sentences,
            known.passages,
            Numbered(
                known.words.sentences.replaced(
                    {n: cutter.words.of(one.words) for n, one in sentences.items()}
                ),
                known.words.contexts.replaced({n: cutter.words.of(one.words) for n, one in contexts.items()}),
            ),
            Numbered(
                known.bigrams.sentences.replaced(
                    {n: cutter.bigrams.of(one.bigrams) for n, one in sentences.items()}
                ),
                known.bigrams.contexts.replaced(
                    {n: cutter.bigrams.of(one.bigrams) for n, one in contexts.items()}
                ),
            ),
            known.vectors,
            sorted({*owners, *contexts}),
        )

    def _touched(self, known: Segmented, document: Document) -> Callable[[str], bool] | None:
        """Return what tells whether a text holds a changed word; None where no text of ``document`` does."""
        if (pattern := self._changed) is None:
            return None
        # Folding does not reach over a newline. The text is there for its headings, the sentences
        # because a long one is cut where folding the whole would reach over.
        sentences = [document.text[start:end] for start, end in known.sentences.tolist()]
        if not pattern.search(fold("\n".join([document.title, document.text, *sentences]))):
            return None
        return lambda text: pattern.search(fold(text)) is not None


def reuse_of(
    before: tuple[Manifest, Contents] | None, dictionary: Sequence[str], embedder: Embedder
) -> Reuse | None:
    """Return what a build may take over from ``before``; None for nothing."""
    if before is None:
        return None
    manifest, contents = before
    user = contents.segmenter.dictionary[: manifest.dictionary]
    if manifest.program != program() or user != list(dictionary):
        return None
    return Reuse(contents, len(user), vectors=manifest.embedder == embedder.name)


def _names(terms: Iterable[Term]) -> Iterable[str]:
    return (name for term in terms for name in (term.name, term.other) if name)


def _part(field: Field, sentences: slice, passages: slice) -> Numbered:
    return Numbered(
        field.sentences.part(sentences.start, sentences.stop),
        field.contexts.part(passages.start, passages.stop),
    )
