"""Evaluate a generation before it is published."""

from pathlib import Path
from typing import Any

from index.build import Judge, Progress
from index.document import canonical
from index.generation import Generation
from rag.evaluation import evaluate_set
from rag.gate import Gate
from rag.knowledge import KnowledgeBase
from rag.report import to_json

REPORT = "report.json"
"""The file of a generation that holds its evaluation."""


def judge_by(questions: Path, gate: Gate, threshold: float, data: Path, progress: Progress) -> Judge:
    """Make a judge that asks ``questions`` and holds the answers against ``gate``."""

    def judge(candidate: Generation, folder: Path) -> dict[str, Any]:
        report = evaluate_set(questions, KnowledgeBase(data, candidate, threshold), progress)
        (folder / REPORT).write_text(to_json(report), "utf-8")
        shortfalls = gate.shortfalls(report)
        return {
            "passed": not shortfalls,
            "questions": canonical(str(questions.absolute())),
            "bounds": [str(bound) for bound in gate.bounds],
            "shortfalls": [str(shortfall) for shortfall in shortfalls],
            "metrics": {name: one.value for name, one in report.metrics.items()},
        }

    return judge
