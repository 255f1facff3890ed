"""How everything grows with the number of passages."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from matplotlib.figure import Figure as Canvas

from benchmarks.speed import corpus
from benchmarks.speed.building import CHARACTERS
from benchmarks.speed.process import CHUCHU, CORES, run

Measured = Mapping[str, float]
CURVES = ("build", "open", "ask p50", "ask p99", "search p50", "resident", "build memory", "bytes")
UNITS = {
    "build": "s",
    "open": "s",
    "ask p50": "ms",
    "ask p99": "ms",
    "search p50": "ms",
    "resident": "MB",
    "build memory": "MB",
    "bytes": "MB on disk",
}
QUESTIONS = 300


def measure(paragraphs: Sequence[Sequence[str]], passages: int) -> Measured:
    """Build an index of about so many passages, then open and ask it in a process of its own."""
    with TemporaryDirectory() as scratch:
        source, data = Path(scratch, "corpus"), Path(scratch, "data")
        corpus.write(paragraphs, passages * CHARACTERS, source)
        asked = Path(scratch, "questions.txt")
        asked.write_text("\n".join(corpus.questions(paragraphs, QUESTIONS)), "utf-8")
        built = run([*CHUCHU, "build", str(source), "--data", str(data)], CORES[:2], watched=True)
        size = sum(path.stat().st_size for path in (data / "generations").rglob("*") if path.is_file())
        words = [sys.executable, "-m", "benchmarks.speed.trial", str(data), str(asked)]
        found: dict[str, float] = json.loads(run(words, CORES[:1]).output)
    return {**found, "build": built.seconds, "build memory": built.megabytes, "bytes": size / (1 << 20)}


def exponent(points: Sequence[Measured], curve: str) -> float:
    """Return the slope of a curve over the passages, both in logarithms, by least squares."""
    x, y = (np.log([point[name] for point in points]) for name in ("passages", curve))
    return float(np.polyfit(x, y, 1)[0])


def plot(points: Sequence[Measured], path: Path) -> None:
    """Draw the curves, each with its exponent."""
    canvas = Canvas(figsize=(9, 6), layout="constrained")
    axes = canvas.subplots()
    for curve in CURVES:
        label = f"{curve} ({UNITS[curve]}), n^{exponent(points, curve):.2f}"
        axes.loglog([p["passages"] for p in points], [p[curve] for p in points], marker="o", label=label)
    axes.set_xlabel("passages")
    axes.grid(True, which="both", alpha=0.2)
    axes.legend()
    canvas.savefig(path)


def table(points: Sequence[Measured]) -> str:
    """Write the curves as a Markdown table, the exponents last."""
    head = " | ".join(f"{curve} ({UNITS[curve]})" for curve in CURVES)
    lines = [f"| passages | {head} |", "|---" * (len(CURVES) + 1) + "|"]
    for point in points:
        cells = " | ".join(f"{point[curve]:.4g}" for curve in CURVES)
        lines.append(f"| {point['passages']:,.0f} | {cells} |")
    if len(points) > 1:
        lines.append(
            "| exponent | " + " | ".join(f"{exponent(points, curve):.2f}" for curve in CURVES) + " |"
        )
    return "\n".join(lines)
