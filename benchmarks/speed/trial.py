"""Open an index in a fresh process and ask it: ``python -m benchmarks.speed.trial DATA QUESTIONS``."""

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import Annotated

import numpy as np
import typer

from benchmarks.speed.process import memory, resident
from rag.knowledge import KnowledgeBase


def _times(asked: Callable[[str], object], questions: Sequence[str]) -> list[float]:
    taken = []
    for question in questions:
        begun = perf_counter()
        asked(question)
        taken.append((perf_counter() - begun) * 1000)
    return taken


def main(
    data: Annotated[Path, typer.Argument(help="the folder of an index")],
    questions: Annotated[Path, typer.Argument(help="one question a line")],
) -> None:
    """Print seconds to open, megabytes held, and milliseconds to search and ask."""
    begun = perf_counter()
    knowledge = KnowledgeBase.open(data)
    opened = perf_counter() - begun
    lines = questions.read_text("utf-8").splitlines()
    _times(knowledge.ask, lines[:20])
    record = {"open": opened, **knowledge.generation.manifest.counts}
    for name, asked in (("search", knowledge.search), ("ask", knowledge.ask)):
        record[f"{name} p50"], record[f"{name} p99"] = np.quantile(_times(asked, lines), [0.5, 0.99]).tolist()
    record["resident"], record["memory"] = resident(os.getpid()), memory(os.getpid())
    typer.echo(json.dumps(record))


if __name__ == "__main__":
    typer.run(main)
