"""Charts of a report, as SVG whose text stays text: the reader's browser brings the fonts."""

import io
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rag.report import Report
from rag.score import Score

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_INK, _BLUE, _PALE = "#1f2933", "#1d5fa8", "#9fb3c8"
_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "chuchu",
    "font.family": "sans-serif",
    "font.size": 11,
    "axes.edgecolor": _PALE,
    "axes.labelcolor": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": _INK,
    "text.parse_math": False,
    "xtick.color": _INK,
    "ytick.color": _INK,
}


def _figure(height: float) -> tuple["Figure", "Axes"]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.2, height), layout="constrained")
    return figure, figure.add_subplot()


def _svg(figure: "Figure") -> str:
    drawn = io.StringIO()
    with warnings.catch_warnings():
        # Matplotlib's font measures the text, and lacks Chinese; the browser's draws it.
        warnings.filterwarnings("ignore", "Glyph")
        figure.savefig(drawn, format="svg", transparent=True, metadata={"Date": None})
    svg = drawn.getvalue()
    return svg[svg.index("<svg") :]


def charts(report: Report) -> dict[str, str]:
    """Return the charts that the report's questions allow, by name, as SVG elements."""
    import matplotlib as mpl

    with mpl.rc_context(_STYLE):
        drawn = {
            "kinds": _kinds(report, headline(report)),
            "reliability": _reliability(report),
            "tradeoff": _tradeoff(report),
        }
    return {name: svg for name, svg in drawn.items() if svg}


def headline(report: Report) -> str:
    """Return the metric that a report is known by: recall@3, or hit@3 of whole documents."""
    return "recall@3" if "recall@3" in report.metrics else "hit@3"


def _kinds(report: Report, metric: str) -> str:
    """Draw a metric of each kind, with its interval; false answers where nothing can be answered."""
    groups = [(kind, group) for kind, group in report.kinds.items() if metric in group.metrics]
    if not groups:
        return ""
    figure, axes = _figure(0.9 + 0.34 * len(groups))
    for row, (_, group) in enumerate(reversed(groups)):
        one = group.metrics[metric]
        axes.plot([one.low, one.high], [row, row], color=_PALE, linewidth=6, solid_capstyle="butt")
        axes.plot(one.value, row, "o", color=_BLUE, markersize=7)
    names = [f"{kind} ({group.metrics[metric].n})" for kind, group in reversed(groups)]
    axes.set_yticks(range(len(groups)), names)
    axes.axvline(report.metrics[metric].value, color=_INK, linewidth=0.8, linestyle=":")
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.6, len(groups) - 0.4), xlabel=metric)
    return _svg(figure)


def _reliability(report: Report) -> str:
    figure, axes = _figure(3.6)
    axes.plot([0, 1], [0, 1], color=_PALE, linewidth=1)
    bins = report.reliability
    sizes = [30 + 370 * one.n / report.questions for one in bins]
    axes.scatter([one.confidence for one in bins], [one.right for one in bins], sizes, color=_BLUE, alpha=0.8)
    axes.set(
        xlim=(-0.04, 1.04), ylim=(-0.04, 1.04), xlabel="confidence 把握", ylabel="share right 答对的比例"
    )
    return _svg(figure)


def tradeoff(scores: Sequence[Score]) -> list[tuple[float, float, float]]:
    """Return (threshold, false-answer rate, share answered rightly) at each confidence, descending.

    Both shares are of their own kind of question: the unanswerable and the answerable.
    """
    answerable = sum(one.answerable for one in scores)
    others = len(scores) - answerable
    ordered = sorted(scores, key=lambda one: -one.confidence)
    points, false, right = [(1.0, 0.0, 0.0)], 0, 0
    for number, one in enumerate(ordered):
        false += not one.answerable
        right += one.answerable and one.right
        if number + 1 == len(ordered) or ordered[number + 1].confidence < one.confidence:
            points.append((one.confidence, false / max(others, 1), right / max(answerable, 1)))
    return points


def _tradeoff(report: Report) -> str:
    if not 0 < report.answerable < report.questions:
        return ""
    points = tradeoff(report.scores)
    figure, axes = _figure(3.6)
    axes.step([x for _, x, _ in points], [y for _, _, y in points], where="post", color=_BLUE)
    threshold = report.about.get("min_confidence")
    if isinstance(threshold, float):
        _, x, y = [point for point in points if point[0] >= threshold][-1]
        axes.plot(x, y, "o", color=_INK)
        axes.annotate(f"≥ {threshold:g}", (x, y), textcoords="offset points", xytext=(8, -14))
    axes.set(
        xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xlabel="false answers 误答", ylabel="answered rightly 答对"
    )
    return _svg(figure)
