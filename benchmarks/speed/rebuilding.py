"""How long a build takes after one document of many was edited, against a full build."""

import json
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.speed import corpus
from benchmarks.speed.again import edits
from benchmarks.speed.figure import Figure, compare, ratio
from benchmarks.speed.process import CHUCHU, CORES, run

DOCUMENTS = 1000
LENGTHS = (20, 100)
"""Paragraphs of each document."""


def measure(paragraphs: Sequence[Sequence[str]]) -> list[Figure]:
    """Edit one of 1,000 documents, build again, and build all, in turns, documents short and long."""
    return [figure for length in LENGTHS for figure in _measure(paragraphs, length)]


def _measure(paragraphs: Sequence[Sequence[str]], length: int) -> list[Figure]:
    with TemporaryDirectory() as scratch:
        source, data = Path(scratch, "source"), Path(scratch, "data")
        source.mkdir()
        texts = corpus.recombined(paragraphs)
        characters = 0
        for number in range(DOCUMENTS):
            text = "\n\n".join(islice(texts, length))
            characters += len(text)
            (source / f"{number:04}.txt").write_text(text, "utf-8")
        words = [sys.executable, "-m", "benchmarks.speed.again", str(source), str(data)]
        found = json.loads(run(words, CORES[:2]).output)
        editing = edits(source)

        def by_command(*options: str) -> float:
            next(editing)
            words = [*CHUCHU, "build", str(source), "--data", str(data), "--keep", "2", *options]
            return run(words, CORES[:2]).seconds

        again, full = compare(by_command, lambda: by_command("--full"))
    what = f"building again, 1 of 1,000 documents ({characters:,} characters) edited"
    return [
        _figure(f"{what}: the function", found["again"], found["full"]),
        _figure(f"{what}: the command", again, full),
    ]


def _figure(name: str, again: Sequence[float], full: Sequence[float]) -> Figure:
    beside = f"a full build: {median(full):.1f} s"
    return Figure(name, f"{median(again):.2f} s", beside, ratio(again, full), "≤ 0.05")
