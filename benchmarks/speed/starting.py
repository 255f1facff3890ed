"""How long a command takes from a cold start, against importing its libraries."""

import sys
from pathlib import Path
from statistics import median

from benchmarks.speed.figure import Figure, compare, ratio
from benchmarks.speed.process import CHUCHU, run

LIBRARIES = "import numpy, faiss, jieba, bm25s; jieba.initialize()"


def measure(data: Path, question: str) -> list[Figure]:
    """Ask from the command line, in turns with a program that only loads the libraries."""
    ask = [*CHUCHU, "ask", question, "--data", str(data)]
    load = [sys.executable, "-W", "ignore", "-c", LIBRARIES]
    ours, theirs = compare(lambda: run(ask).seconds, lambda: run(load).seconds)
    return [
        Figure(
            "`chuchu ask`, from a cold start to the answer",
            f"{median(ours):.2f} s",
            f"`{LIBRARIES}`: {median(theirs):.2f} s",
            ratio(ours, theirs),
            "≤ 1.5",
        )
    ]
