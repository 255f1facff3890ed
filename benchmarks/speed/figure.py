"""A figure beside the figure it is held against, from one run."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TypeVar

REPEATS = 5
Taken = TypeVar("Taken")


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    name: str
    ours: str
    beside: str
    """What it is held against, and that figure."""
    ratio: float
    aim: str
    """The bound on the ratio, such as ``≥ 0.10``; empty for none."""

    @property
    def reached(self) -> str:
        """Tell in a sign whether the ratio keeps its bound."""
        if not self.aim:
            return ""
        bound = float(self.aim.split()[1])
        return "✓" if (self.ratio >= bound if self.aim.startswith("≥") else self.ratio <= bound) else "✗"


def compare(
    ours: Callable[[], Taken], theirs: Callable[[], Taken], repeats: int = REPEATS
) -> tuple[list[Taken], list[Taken]]:
    """Measure two things in turns, after one turn that does not count."""
    ours()
    theirs()
    pairs = [(ours(), theirs()) for _ in range(repeats)]
    return [one for one, _ in pairs], [other for _, other in pairs]


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the median of the ratios of measurements taken in turns."""
    return median(one / other for one, other in zip(ours, theirs, strict=True))


def table(figures: Sequence[Figure]) -> str:
    """Write figures as a Markdown table."""
    lines = ["| | chuchu | beside it | ratio | aim | |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {f.name} | {f.ours} | {f.beside} | {f.ratio:.2f} | {f.aim} | {f.reached} |" for f in figures
    ]
    return "\n".join(lines)


def put(page: Path, part: str, text: str) -> None:
    """Replace what stands between the marks of ``part`` on a page.

    Raises:
        ValueError: the page has no such marks.

    """
    marks = re.compile(rf"(<!-- {part} -->\n).*?(<!-- /{part} -->)", re.DOTALL)
    page_text, found = marks.subn(lambda match: f"{match[1]}{text}\n{match[2]}", page.read_text("utf-8"))
    if not found:
        raise ValueError(f"{page} has no place for {part}")
    page.write_text(page_text, "utf-8")
