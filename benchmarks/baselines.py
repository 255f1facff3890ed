"""Simpler systems over the same index, to be measured beside chuchu."""

from collections.abc import Sequence

import bm25s
import numpy as np
from numpy.typing import NDArray

from index.fold import fold
from index.generation import Generation, Passage
from index.segmenter import Segmenter, bigrams
from rag.answer import Answer, Finished, Provenance
from rag.citation import Citation, Place, url_of
from rag.retrieval import DENSE_WEIGHT, PASSAGES, Found

QUOTES = 3
Scores = NDArray[np.float32]


class WordsAndBigrams:
    """BM25, with the parameters that bm25s comes with, over jieba words and character bigrams together."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._segmenter = Segmenter()
        self._engine = bm25s.BM25()
        self._engine.index([self._tokens(text) for text in texts], show_progress=False)

    def _tokens(self, text: str) -> list[str]:
        return [*self._segmenter.words(text), *bigrams(fold(text))]

    def scores(self, question: str) -> Scores:
        """Return the score of each text."""
        scores: Scores = self._engine.get_scores(self._tokens(question))
        return scores


def best(scores: Scores, k: int) -> list[int]:
    """Return the places of the ``k`` highest scores, equal ones in order."""
    return [int(n) for n in np.argsort(-scores, kind="stable")[:k]]


def answer(
    question: str, sentences: Sequence[int], scores: Sequence[float], passage: Passage, generation: Generation
) -> Answer:
    """Quote sentences, best first; the confidence is the best score, not yet a probability."""
    citations = []
    for number, (sentence, score) in enumerate(zip(sentences, scores, strict=True), start=1):
        document, span = generation.document_of(sentence), generation.sentence(sentence)
        quote = document.text[span.start : span.end]
        place = Place(passage.id, passage.start, passage.end)
        url = url_of(document.id, *span)
        citations.append(
            Citation(number, document.id, "", [], *span, quote, document.sha256, place, score, url)
        )
    confidence = max(0.0, min(1.0, 1 - np.exp(-max(scores, default=0.0) / 20)))
    provenance = Provenance(generation.number, "", "", "baseline")
    return Answer(question, "answered", "", float(confidence), "extractive", citations, None, provenance, {})


class Baseline:
    """Ranks passages by some scores, and the sentences of the best passages by the same."""

    def __init__(self, generation: Generation) -> None:
        self.generation = generation
        self._passages = [generation.passage(n) for n in range(len(generation.contents.passages))]

    def passage_scores(self, question: str) -> Scores:
        """Return the score of each passage."""
        raise NotImplementedError

    def sentence_scores(self, question: str, sentences: Sequence[int]) -> Scores:
        """Return the score of each of ``sentences``."""
        raise NotImplementedError

    def search(self, question: str, k: int) -> list[Found]:
        """See `rag.evaluation.Askable`."""
        scores = self.passage_scores(question)
        return [Found(self._passages[n], float(scores[n]), 0.0, 0.0) for n in best(scores, k)]

    def explain(self, question: str) -> Finished:
        """See `rag.evaluation.Askable`."""
        found = self.search(question, PASSAGES)
        return Finished(self.answer(question, found), (), found)

    def answer(self, question: str, found: Sequence[Found]) -> Answer:
        """Quote the best sentences of what was found."""
        sentences = sorted({n for one in found for n in one.passage.sentences})
        scores = self.sentence_scores(question, sentences)
        first = best(scores, QUOTES)
        return answer(
            question,
            [sentences[n] for n in first],
            [float(scores[n]) for n in first],
            found[0].passage,
            self.generation,
        )

    def _text(self, sentence: int) -> str:
        document, span = self.generation.document_of(sentence), self.generation.sentence(sentence)
        return document.text[span.start : span.end]


class PassageBm25(Baseline):
    """Words and bigrams over passages; then over their sentences."""

    def __init__(self, generation: Generation) -> None:
        super().__init__(generation)
        self._over_passages = WordsAndBigrams([one.text for one in self._passages])
        self._over_sentences = WordsAndBigrams([self._text(n) for n in range(generation.sentences)])

    def passage_scores(self, question: str) -> Scores:
        """See `Baseline`."""
        return self._over_passages.scores(question)

    def sentence_scores(self, question: str, sentences: Sequence[int]) -> Scores:
        """See `Baseline`."""
        return self._over_sentences.scores(question)[list(sentences)]


class SentenceBm25(PassageBm25):
    """Words and bigrams over all sentences: the floor. A passage is worth its best sentence."""

    def passage_scores(self, question: str) -> Scores:
        """See `Baseline`."""
        scores = self._over_sentences.scores(question)
        return np.array([scores[list(one.sentences)].max() for one in self._passages], np.float32)

    def answer(self, question: str, found: Sequence[Found]) -> Answer:
        """Quote the best sentences of all."""
        scores = self._over_sentences.scores(question)
        first = best(scores, QUOTES)
        passage = self._passages[0]
        return answer(question, first, [float(scores[n]) for n in first], passage, self.generation)


class Dense(Baseline):
    """Vectors only."""

    def passage_scores(self, question: str) -> Scores:
        """See `Baseline`."""
        vector, scores = self.generation.embed_question(question), np.zeros(len(self._passages), np.float32)
        found, cosines = self.generation.dense.search(vector, len(scores))
        scores[found[0]] = cosines[0]
        return scores

    def sentence_scores(self, question: str, sentences: Sequence[int]) -> Scores:
        """See `Baseline`."""
        texts = [self._text(n) for n in sentences]
        if self.generation.embedder.reads_words:
            texts = [" ".join(self.generation.segmenter.words(text)) for text in texts]
        vectors = self.generation.embedder.embed_passages(texts)
        scores: Scores = vectors @ self.generation.embed_question(question)[0]
        return scores


class Hybrid(Baseline):
    """Words, bigrams and vectors, fused as chuchu fuses them, without its ranker."""

    def __init__(self, generation: Generation) -> None:
        super().__init__(generation)
        self._lexical, self._dense = PassageBm25(generation), Dense(generation)

    def passage_scores(self, question: str) -> Scores:
        """See `Baseline`."""
        return _fused(self._lexical.passage_scores(question), self._dense.passage_scores(question))

    def sentence_scores(self, question: str, sentences: Sequence[int]) -> Scores:
        """See `Baseline`."""
        lexical = self._lexical.sentence_scores(question, sentences)
        return _fused(lexical, self._dense.sentence_scores(question, sentences))


def _fused(lexical: Scores, dense: Scores) -> Scores:
    fused: Scores = lexical / max(float(lexical.max()), 1e-6) + DENSE_WEIGHT * dense
    return fused


SYSTEMS = {
    "BM25 over sentences": SentenceBm25,
    "BM25 over passages": PassageBm25,
    "dense only": Dense,
    "hybrid, no ranker": Hybrid,
}
