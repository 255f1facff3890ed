"""Make a large collection of real sentences in real proportions, and questions about it.

Each paragraph is a real one, half of its sentences exchanged for others drawn from all: few
paragraphs are alike, every sentence is one that somebody wrote, and words stay as frequent against
each other as they were. What it lacks is new words: the vocabulary stops growing (Heaps' law) where
the sources end.
"""

import json
import random
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from index.document import Document
from index.sentence import split
from index.source import load

SEED = 0
PARAGRAPHS = 8
"""Of a document."""
DOCUMENTS = 1000
"""Of a file: one file is read as a whole."""
_FEWEST = 40  # characters of a paragraph


def paragraphs_of(sources: Sequence[Path]) -> list[list[str]]:
    """Return the paragraphs of some documents, each as its sentences."""
    documents = [item for item in load(sources) if isinstance(item, Document)]
    return [sentences for document in documents for sentences in _paragraphs(document)]


def _paragraphs(document: Document) -> Iterator[list[str]]:
    for paragraph in document.text.split("\n"):
        if len(paragraph) >= _FEWEST:
            yield [paragraph[span.start : span.end] for span in split(paragraph)]


def recombined(paragraphs: Sequence[Sequence[str]], seed: int = SEED) -> Iterator[str]:
    """Yield paragraphs without end."""
    rng = random.Random(seed)
    sentences = [sentence for paragraph in paragraphs for sentence in paragraph]
    while True:
        for paragraph in rng.sample(paragraphs, len(paragraphs)):
            yield "".join(one if rng.random() < 0.5 else rng.choice(sentences) for one in paragraph)


def write(paragraphs: Sequence[Sequence[str]], characters: int, folder: Path) -> None:
    """Write a collection of about so many characters as JSON Lines, `DOCUMENTS` to a file."""
    folder.mkdir()
    texts, written, number = recombined(paragraphs), 0, 0
    while written < characters:
        with (folder / f"{number:09}.jsonl").open("w", encoding="utf-8") as file:
            for _ in range(DOCUMENTS):
                text = "\n\n".join(islice(texts, PARAGRAPHS))
                record = {"_id": f"d{number}", "title": text[:20], "text": text}
                file.write(json.dumps(record, ensure_ascii=False) + "\n")
                written, number = written + len(text), number + 1
                if written >= characters:
                    return


def questions(paragraphs: Sequence[Sequence[str]], count: int, seed: int = SEED) -> list[str]:
    """Return the middles of sentences: what somebody might ask, in words that are there."""
    rng = random.Random(seed)
    asked: list[str] = []
    while len(asked) < count:
        sentence = rng.choice(rng.choice(paragraphs) or [""])
        length = rng.randint(8, 24)
        start = rng.randint(0, max(0, len(sentence) - length))
        if len(part := sentence[start : start + length].strip()) >= 8 and any(map(str.isalpha, part)):
            asked.append(f"{part}是什么？")
    return asked
