"""What an evaluation found: estimates over a set of questions, and each question's own score."""

import json
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from index.errors import EvidenceError, SettingError
from rag.bootstrap import Estimate, Statistic, Values, auroc, bin_of, ece, estimate, mean, quantile
from rag.comparison import Comparison
from rag.metric import CITED, RANKED
from rag.score import Score

BINS = 10
FORMAT = 1

About = dict[str, str | int | float | None]


@dataclass(frozen=True)
class Group:
    """Some of the questions, and what was measured on them.

    Of the answerable ones: those of `rag.metric`, where an abstention is worth nothing, and
    ``answered_share``. Of the unanswerable ones: ``false_answer_rate``, the share answered. Of both:
    ``auroc``, the chance that an answerable question has the higher confidence; ``ece``, how far
    confidence is from the share that is right, over ten bins; ``exactness``, the share of an
    answer's citations that are verbatim; ``characters`` quoted by an answer that is given;
    ``latency_p50`` and ``latency_p99`` in milliseconds. What the questions cannot tell is left out.
    """

    questions: int
    answerable: int
    metrics: dict[str, Estimate]


@dataclass(frozen=True)
class Bin:
    """The questions whose confidence lies in [low, high), and the share of them that is right."""

    low: float
    high: float
    n: int
    confidence: float
    right: float


@dataclass(frozen=True)
class Report:
    """All that an evaluation found."""

    format: int
    about: About
    """What was asked of what: files, fingerprints, settings, versions."""
    questions: int
    answerable: int
    metrics: dict[str, Estimate]
    """See `Group`."""
    kinds: dict[str, Group]
    reliability: list[Bin]
    """Bins that hold a question, ascending."""
    scores: list[Score] = field(repr=False)
    comparison: Comparison | None = None
    """With an earlier report, where one was named."""

    def value(self, metric: str) -> float | None:
        """Return one of `METRICS`; None where the questions cannot tell."""
        return self.metrics[metric].value if metric in self.metrics else None


def _column(scores: Sequence[Score], value: Callable[[Score], float | None]) -> Values:
    """Return a value of each question, NaN where it has none."""
    return np.array([np.nan if (one := value(score)) is None else one for score in scores], np.float64)


def _statistics(scores: Sequence[Score]) -> dict[str, tuple[Statistic, int]]:
    """Return each statistic with the number of questions that it rests on."""

    def averaged(value: Callable[[Score], float | None]) -> tuple[Statistic, int]:
        values = _column(scores, value)
        return mean(values), int(np.isfinite(values).sum())

    found = {name: averaged(lambda one, name=name: one.metrics.get(name)) for name in (*CITED, *RANKED)}  # type: ignore[misc]
    confidence = _column(scores, lambda one: one.confidence)
    answerable = np.array([one.answerable for one in scores])
    milliseconds = _column(scores, lambda one: one.milliseconds)
    n = len(scores)
    return found | {
        "answered_share": averaged(lambda one: one.answered if one.answerable else None),
        "false_answer_rate": averaged(lambda one: None if one.answerable else one.answered),
        "auroc": (auroc(confidence, answerable), n),
        "ece": (ece(confidence, np.array([one.right for one in scores]), BINS), n),
        "exactness": averaged(lambda one: one.exact),
        "characters": averaged(lambda one: one.characters if one.answered else None),
        "latency_p50": (quantile(milliseconds, 0.5), n),
        "latency_p99": (quantile(milliseconds, 0.99), n),
    }


def _group(scores: Sequence[Score]) -> Group:
    answerable = sum(one.answerable for one in scores)
    return Group(len(scores), answerable, estimate(_statistics(scores), len(scores)))


def reliability(scores: Sequence[Score]) -> list[Bin]:
    """Sort questions into bins of confidence."""
    member = bin_of(_column(scores, lambda one: one.confidence), BINS)
    bins = []
    for number in sorted(set(member.tolist())):
        inside = [one for one, place in zip(scores, member, strict=True) if place == number]
        n = len(inside)
        confidence = sum(one.confidence for one in inside) / n
        right = sum(one.right for one in inside) / n
        bins.append(Bin(number / BINS, (number + 1) / BINS, n, confidence, right))
    return bins


def summarise(scores: Sequence[Score], about: About) -> Report:
    """Average the scores of questions, overall and by kind."""
    overall = _group(scores)
    kinds = dict.fromkeys(one.kind for one in scores)
    return Report(
        format=FORMAT,
        about=about,
        questions=overall.questions,
        answerable=overall.answerable,
        metrics=overall.metrics,
        kinds={kind: _group([one for one in scores if one.kind == kind]) for kind in kinds},
        reliability=reliability(scores),
        scores=list(scores),
    )


def read_report(path: Path) -> Report:
    """Read a report that was saved as JSON.

    Raises:
        EvidenceError: it is not there, not whole, or of another format.

    """
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(Report).validate_json(path.read_bytes())
    except OSError as error:
        raise EvidenceError(f"无法读取报告 {path}：{error.strerror or error}；请检查路径") from error
    except ValidationError as error:
        raise EvidenceError(
            f"{path} 不是 chuchu evaluate --json 写出的报告；请用这一版程序重新评测"
        ) from error


def to_json(report: Report) -> str:
    """Return the whole report; every figure is finite."""
    return json.dumps(asdict(report), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def write_whole(text: str, path: Path) -> None:
    """Write a file aside and put it in place in one step, so that it is never half there.

    What is no file, such as ``/dev/stdout``, is written to as it is.

    Raises:
        SettingError: the disk refused.

    """
    aside = None
    try:
        if path.exists() and not path.is_file():
            path.write_text(text, "utf-8")
            return
        path = path.resolve()  # what a link leads to, not the link
        with tempfile.NamedTemporaryFile(
            "w", dir=path.parent, prefix=f".{path.name}-", encoding="utf-8", delete=False
        ) as file:
            aside = Path(file.name)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        aside.chmod(0o644)
        aside.replace(path)
    except OSError as error:
        raise SettingError(f"无法写入 {path}：{error.strerror or error}；请换一个位置") from error
    finally:
        if aside:
            aside.unlink(missing_ok=True)
