"""Run chuchu and simpler systems over public sets: ``python -m benchmarks FOLDER --out TABLE.md``.

Each folder in FOLDER holds ``corpus.jsonl`` and ``questions.jsonl``, as `chuchu evaluate` reads them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.baselines import SYSTEMS
from benchmarks.collection import (
    commit,
    indexed,
    measure_of,
    progress,
    questions_of,
    remove_gold,
    sample,
    sets,
    single_out,
)
from rag.asked import Asked
from rag.bootstrap import Estimate
from rag.evaluation import evaluate
from rag.knowledge import KnowledgeBase
from rag.report import Report, summarise
from rag.score import Score

COLUMNS = (
    "recall@1",
    "recall@3",
    "hit@1",
    "hit@3",
    "answer@1",
    "answer@3",
    "passage_hit@10",
    "passage_ndcg@10",
    "characters",
    "answered_share",
    "false_answer_rate",
    "auroc",
    "ece",
    "latency_p50",
)
NEVER = "chuchu, never abstaining"
DEFAULT = "chuchu"
REMOVED = "chuchu, half of the documents removed"
ALONE = "chuchu, each document alone"
_DRAWN_OF_CONFIDENCE = {"answered_share", "false_answer_rate", "auroc", "ece"}

Row = tuple[str, Report]


def at(report: Report, threshold: float) -> Report:
    """Return what a report would be, had answers less confident than ``threshold`` been abstentions."""
    scores = []
    for one in report.scores:
        answered = one.confidence >= threshold
        kept = {
            name: value if answered or name.startswith("passage") else 0.0
            for name, value in one.metrics.items()
        }
        scores.append(replace(one, answered=answered, metrics=kept))
    return summarise(scores, report.about)


def run(folder: Path, limit: int | None, baselines: bool) -> tuple[str, list[Row]]:
    """Evaluate the systems on one set; return its measure too."""
    with indexed(folder) as knowledge:
        every = questions_of(folder, knowledge)
        documents = list(knowledge.generation.documents)
        questions = sample(every, limit)
        never = KnowledgeBase(knowledge.data, knowledge.generation, 0.0)
        whole = evaluate(questions, never, progress(folder.name))
        rows = [(NEVER, whole), (DEFAULT, at(whole, knowledge.threshold))]
        for name, system in SYSTEMS.items() if baselines else ():
            simpler = system(knowledge.generation)
            rows.append((name, evaluate(questions, simpler, progress(f"{folder.name} {name}"))))
    out, asked = remove_gold(every)
    if asked:
        with indexed(folder, out) as less:
            removed = evaluate(asked, less, progress(f"{folder.name} removed"))
            rows.append((REMOVED, removed))
    if scores := alone(folder, every, documents):
        rows.append((ALONE, summarise(scores, whole.about)))
    return measure_of(every), rows


def alone(folder: Path, every: Sequence[Asked], documents: Sequence[str]) -> list[Score]:
    """Ask documents, one by one, questions about them and about others."""
    scores: list[Score] = []
    for out, asked in single_out(every, documents):
        with indexed(folder, out) as single:
            scores += evaluate(asked, single, progress(f"{folder.name} alone")).scores
    return scores


def table(name: str, rows: Sequence[Row]) -> str:
    """Write the rows of one set as Markdown."""
    columns = [column for column in COLUMNS if any(column in report.metrics for _, report in rows)]
    lines = [
        f"### {name}",
        "",
        "| system | n | " + " | ".join(columns) + " |",
        "|---" * (len(columns) + 2) + "|",
    ]
    for system, report in rows:
        cells = (_cell(system, column, report.metrics.get(column)) for column in columns)
        lines.append(f"| {system} | {report.questions} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def summary(found: Mapping[str, tuple[str, Sequence[Row]]]) -> str:
    """Write the measure of each set, first quote and first three, of all systems."""
    heads = [f"{name}<br>{measure}@1 / @3" for name, (measure, _) in found.items()]
    lines = [f"| | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    systems = [system for system, _ in next(iter(found.values()))[1] if system not in (REMOVED, ALONE)]
    for system in systems:
        cells = [_short(measure, dict(rows)[system]) for measure, rows in found.values()]
        lines.append(f"| {system} | {' | '.join(cells)} |")
    counts = "、".join(f"{name} {rows[0][1].answerable}" for name, (_, rows) in found.items())
    return "\n".join([*lines, "", f"n: {counts}", ""])


def _short(measure: str, report: Report) -> str:
    first, three = (report.metrics[f"{measure}@{depth}"] for depth in (1, 3))
    width = max((one.high - one.low) / 2 for one in (first, three))
    return f"{first.value:.3f} / {three.value:.3f} ± {width:.3f}"


def _cell(system: str, column: str, one: Estimate | None) -> str:
    told = column not in _DRAWN_OF_CONFIDENCE or (
        system.startswith("chuchu") and not system.startswith(NEVER)
    )
    if one is None or not told:
        return "–"
    digits: Callable[[float], str] = "{:.0f}".format if column == "characters" else "{:.3f}".format
    return f"{digits(one.value)} [{digits(one.low)}, {digits(one.high)}]"


def main(
    folder: Annotated[Path, typer.Argument(help="a folder of sets")],
    out: Annotated[Path | None, typer.Option(help="write the tables here, in Markdown")] = None,
    only: Annotated[list[str] | None, typer.Option("--set", help="only this set; repeatable")] = None,
    limit: Annotated[int | None, typer.Option(help="questions of each set, drawn with a seed")] = None,
    baselines: Annotated[bool, typer.Option(help="measure the simpler systems too")] = True,
) -> None:
    """Measure chuchu and simpler systems on each set; intervals are 95 %, bootstrap."""
    found: dict[str, tuple[str, Sequence[Row]]] = {}
    for one in sets(folder, only):
        measure, rows = run(one, limit, baselines)
        found[one.name] = measure, rows
        typer.echo(table(one.name, rows))
    parts = [
        f"Measured at commit {commit()}; 95 % bootstrap intervals.\n",
        summary(found),
        *(table(name, rows) for name, (_, rows) in found.items()),
    ]
    typer.echo(parts[1])
    if out:
        out.write_text("\n".join(parts), "utf-8")


if __name__ == "__main__":
    typer.run(main)
