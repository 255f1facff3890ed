"""What a job's child process does: ``python -m api.work FOLDER``."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from api.bundled import evaluate_with
from api.console import settings_of
from api.job import report_outcome, report_progress, request_of
from api.redact import below, gate_of, named, without
from index.build import Progress
from index.errors import ChuchuError, SourceError
from index.history import newest
from index.reader import Problem
from index.recorded import Recorded, recorded
from index.source import BUNDLED as REVIEW
from index.source import is_address, load
from rag.gate import Gate
from rag.knowledge import KnowledgeBase, rebuild
from rag.questionset import BUNDLED
from rag.report import read_report, to_json, write_whole

QUESTIONS = Path("questions.jsonl")
REPORT = Path("report.json")

_PAUSE = 0.1
"""Seconds between two reports of progress within a stage."""
_NICE = 10
"""How much answers go before jobs, where they want the same core."""


class Pace:
    """Passes progress on, at most every tenth of a second but for the ends of each stage."""

    def __init__(self, report: Progress) -> None:
        self._report = report
        self._stage, self._last = "", 0.0

    def __call__(self, stage: str, done: int, total: int) -> None:
        """See `index.build.Progress`."""
        due = time.monotonic() - self._last >= _PAUSE
        if due or stage != self._stage or done == total:
            self._report(stage, done, total)
            self._stage, self._last = stage, time.monotonic()


def _rebuild(data: Path, request: dict[str, Any], progress: Progress, job: str) -> dict[str, Any]:
    settings = settings_of()
    sources, before = request["sources"], Recorded()
    if request["add"]:
        _require_readable(request["add"])
        before = recorded(data)
        sources = list(dict.fromkeys([*(before.sources or [str(REVIEW)]), request["add"]]))
    report = rebuild(
        data,
        sources,
        before.model,
        before.dictionary or None,
        progress=progress,
        questions=QUESTIONS if QUESTIONS.exists() else None,
        gate=_gate(request),
        threshold=request["min_confidence"],
        keep=request["keep"],
        drop_missing=request["drop_missing"],
        note=request["note"],
        job=job,
        cluster=settings.cluster,
        ray=settings.ray_address,
    )
    folders = [*sources, *recorded(data).sources]
    problems = [
        {"source": below(folders, one.source), "reason": named(folders, one.reason)}
        for one in report.problems
    ]
    return {**asdict(report), "problems": problems, "gate": gate_of(report.gate)}


def _require_readable(source: str) -> None:
    """Have a page that cannot be read fail the job, before it is a source of every build to come."""
    found = list(load([source])) if is_address(source) else []
    problems = [one for one in found if isinstance(one, Problem)]
    if found and len(found) == len(problems):
        raise SourceError(f"网页 {source} 无法收入：{problems[0].reason}")


def _evaluation(data: Path, request: dict[str, Any], progress: Progress, job: str) -> dict[str, Any]:
    knowledge = KnowledgeBase.open(data, request["min_confidence"], cluster=settings_of().cluster)
    before = read_report(Path(request["against"])) if request["against"] else None
    report = evaluate_with(QUESTIONS if QUESTIONS.exists() else BUNDLED, knowledge, progress, before)
    write_whole(to_json(report), REPORT)
    return {
        "generation": knowledge.generation.number,
        "questions": report.questions,
        "answerable": report.answerable,
        "metrics": {name: one.value for name, one in report.metrics.items()},
        "shortfalls": [str(one) for one in _gate(request).shortfalls(report)],
    }


def _gate(request: dict[str, Any]) -> Gate:
    return Gate.parse(request["at_least"], request["at_most"])


_WORK: dict[str, Callable[[Path, dict[str, Any], Progress, str], dict[str, Any]]] = {
    "rebuild": _rebuild,
    "evaluation": _evaluation,
}


def _problem(error: Exception, data: Path, request: dict[str, Any]) -> dict[str, Any]:
    """Say what went wrong as over HTTP, with the reason that a build's own error names."""
    from api.problem import problem_of  # with FastAPI, a quarter of the time that a job takes to start

    problem: dict[str, Any] = json.loads(bytes(problem_of(error).body))
    if isinstance(error, ChuchuError):
        served = newest(data)
        folders = [*request.get("sources", ()), *(served.sources if served else ()), str(BUNDLED.parent)]
        problem["detail"] = named(folders, without(data, str(error)))
    return problem


def main(folder: Path) -> None:
    """Do the job of a folder, and leave its outcome there."""
    os.nice(_NICE)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("cancelled"))
    os.chdir(folder)
    kind, request = request_of(folder)
    pace = Pace(lambda *progress: report_progress(folder, *progress))
    try:
        result = _WORK[kind](folder.parents[1], request, pace, folder.name)
    except Exception as error:
        report_outcome(folder, "failed", problem=_problem(error, folder.parents[1], request))
    else:
        report_outcome(folder, "succeeded", result=result)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
