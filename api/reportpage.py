"""A report as one HTML page that needs no network."""

from pathlib import Path

from api.chart import charts, headline
from rag.citation import url_of
from rag.report import Report
from rag.score import Quoted, Score

TEMPLATE = Path(__file__).parent / "report.html"
SHOWN = 20
"""Questions of each list."""

_HEADLINES = (
    ("recall@3", "证据召回"),
    ("hit@3", "命中"),
    ("answer@3", "答案召回"),
    ("passage_ndcg@10", "段落排序"),
    ("answered_share", "作答率"),
    ("false_answer_rate", "误答率"),
)
_CAPTIONS = (
    ("kinds", "每类问题的得分与 95 % 区间，括号里是题数；虚线为全部。Score by kind of question."),
    ("reliability", "把握与答对的比例；点越大题越多，落在斜线上为准。Reliability diagram."),
    (
        "tradeoff",
        "把握的门槛降低时，答对与误答怎样一起上升；圆点是所用的门槛。Answers against false answers.",
    ),
)
_COLUMNS = (
    "recall@1",
    "recall@3",
    "hit@3",
    "answer@3",
    "passage_ndcg@10",
    "answered_share",
    "false_answer_rate",
)


def render(report: Report, server: str = "") -> str:
    """Write the page; its links lead to the documents of ``server``."""
    from jinja2 import Environment, StrictUndefined

    metric = headline(report)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.from_string(TEMPLATE.read_text("utf-8")).render(
        report=report,
        about={"questions": "", "generation": "", "created": "", **report.about},
        charts=charts(report),
        metric=metric,
        headlines=_HEADLINES,
        captions=_CAPTIONS,
        columns=[name for name in _COLUMNS if name in report.metrics],
        worst=worst(report, metric)[:SHOWN],
        misled=false_answers(report)[:SHOWN],
        shown=SHOWN,
        server=server,
        number=_number,
        link=lambda one: server + _url(one),
    )


def worst(report: Report, metric: str) -> list[Score]:
    """Return the answerable questions that fell short, those it was surest of first."""
    short = [one for one in report.scores if one.answerable and one.metrics.get(metric, 1.0) < 1]
    return sorted(short, key=lambda one: (one.metrics[metric], -one.confidence))


def false_answers(report: Report) -> list[Score]:
    """Return the unanswerable questions that were answered, those it was surest of first."""
    answered = [one for one in report.scores if one.answered and not one.answerable]
    return sorted(answered, key=lambda one: -one.confidence)


def _url(one: Quoted) -> str:
    return url_of(one.document, one.start, one.end)


def _number(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.0f}"
