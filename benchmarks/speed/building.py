"""How long a build takes, against jieba alone."""

import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.speed import corpus
from benchmarks.speed.figure import REPEATS, Figure, compare, ratio
from benchmarks.speed.process import CHUCHU, CORES, run

CHARACTERS = 175
"""Of a passage, about."""


def measure(paragraphs: Sequence[Sequence[str]], passages: int) -> list[Figure]:
    """Build an index of about so many passages, in turns with cutting the same text."""
    with TemporaryDirectory() as scratch:
        source, data = Path(scratch, "corpus"), Path(scratch, "data")
        corpus.write(paragraphs, passages * CHARACTERS, source)

        def build() -> float:
            return run(
                [*CHUCHU, "build", str(source), "--data", str(data / str(next(numbers)))], CORES[:2]
            ).seconds

        def cut() -> float:
            words = [sys.executable, "-W", "ignore", "-m", "benchmarks.speed.cutting", str(source)]
            return run(words, CORES[:2]).seconds

        numbers = iter(range(REPEATS + 1))
        ours, theirs = compare(build, cut, REPEATS if passages <= 100_000 else 1)
    return [
        Figure(
            f"building an index of {passages:,} passages",
            f"{median(ours):.1f} s",
            f"jieba alone, two processes: {median(theirs):.1f} s",
            ratio(ours, theirs),
            "≤ 1.6",
        )
    ]
