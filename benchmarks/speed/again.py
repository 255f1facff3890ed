"""Build 1,000 documents and, one edited, build again: ``python -m benchmarks.speed.again SOURCE DATA``."""

import json
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer

from benchmarks.speed.figure import REPEATS, compare
from index.build import build
from index.static import StaticEmbedder


def edits(source: Path) -> Iterator[None]:
    """Edit one document after another, a sentence each."""
    for number, path in enumerate(cycle(sorted(source.iterdir())[::37])):
        path.write_text(path.read_text("utf-8") + f"\n\n后来补充的第 {number} 点：结果与上次相同。", "utf-8")
        yield


def main(
    source: Annotated[Path, typer.Argument(help="a folder of texts, which are edited")],
    data: Annotated[Path, typer.Argument(help="where to build")],
) -> None:
    """Print the seconds of builds after an edit, and of full builds in turns with them."""
    embedder, editing = StaticEmbedder(), edits(source)

    def taken(full: bool) -> float:
        next(editing)
        begun = perf_counter()
        build([source], data, embedder, full=full, keep=2)
        return perf_counter() - begun

    again, full = compare(lambda: taken(False), lambda: taken(True), REPEATS)
    typer.echo(json.dumps({"again": again, "full": full}))


if __name__ == "__main__":
    typer.run(main)
