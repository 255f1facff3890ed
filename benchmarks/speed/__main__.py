"""Measure chuchu's speed and write docs/performance.md: ``python -m benchmarks.speed``.

Both sides of each ratio are measured in turns, in one run, on the same cores.
"""

import platform
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import psutil
import typer

from benchmarks.collection import commit
from benchmarks.speed import answering, building, corpus, flat, growth, rebuilding, starting, txtai
from benchmarks.speed.figure import Figure, put, table
from benchmarks.speed.process import ROOT
from index.source import BUNDLED
from rag.knowledge import rebuild

PAGE = ROOT / "docs" / "performance.md"
PLOT = ROOT / "docs" / "growth.svg"
PEERS = ("uvicorn", "uvloop", "httptools", "fastapi", "jieba", "faiss-cpu", "bm25s", "numpy")


class Part(StrEnum):
    """What can be measured by itself."""

    ANSWERING = "answering"
    STARTING = "starting"
    BUILDING = "building"
    REBUILDING = "rebuilding"
    FLAT = "flat"
    TXTAI = "txtai"
    GROWTH = "growth"


def _about() -> str:
    memory = psutil.virtual_memory().total / (1 << 30)
    machine = f"{psutil.cpu_count()} cores, {memory:.0f} GB, Python {platform.python_version()}"
    return f"Commit {commit()}; {machine}; " + ", ".join(f"{name} {_version(name)}" for name in PEERS) + "."


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "–"


def main(
    sources: Annotated[
        list[Path] | None, typer.Argument(help="real text to recombine and to ask; the review, when left out")
    ] = None,
    parts: Annotated[list[Part] | None, typer.Option("--part", help="repeatable; all, when left out")] = None,
    sizes: Annotated[
        str, typer.Option(help="numbers of passages to grow over")
    ] = "1000,10000,100000,1000000",
    page: Annotated[Path, typer.Option(help="the page whose tables are replaced")] = PAGE,
    txtai_python: Annotated[
        Path | None, typer.Option(help="the Python of an environment that has txtai")
    ] = None,
) -> None:
    """Measure, and write the tables."""
    places = sources or [BUNDLED]
    paragraphs = corpus.paragraphs_of(places)
    questions = corpus.questions(paragraphs, 500)
    numbers = [int(size) for size in sizes.split(",")]
    for part in parts or list(Part):
        typer.echo(f"{part}: …", err=True)
        if part is Part.GROWTH:
            points = [growth.measure(paragraphs, number) for number in numbers]
            growth.plot(points, PLOT)
            text = growth.table(points)
        else:
            text = table(_figures(part, places, paragraphs, questions, numbers, txtai_python))
        typer.echo(text)
        put(page, part, f"{_about()}\n\n{text}")


def _figures(
    part: Part,
    places: list[Path],
    paragraphs: list[list[str]],
    questions: list[str],
    numbers: list[int],
    txtai_python: Path | None,
) -> list[Figure]:
    if part is Part.BUILDING:
        return [figure for number in numbers for figure in building.measure(paragraphs, number)]
    if part is Part.REBUILDING:
        return rebuilding.measure(paragraphs)
    if part is Part.FLAT:
        return flat.measure()
    with TemporaryDirectory() as scratch:
        data = Path(scratch)
        rebuild(data, places)
        if part is Part.ANSWERING:
            return answering.measure(data, questions)
        if part is Part.STARTING:
            return starting.measure(data, questions[0])
        return txtai.measure(data, questions, txtai_python)


if __name__ == "__main__":
    typer.run(main)
