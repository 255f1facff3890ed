"""Run chuchu and simpler systems over public sets: ``python -m benchmarks FOLDER --out TABLE.md``.

Each folder in FOLDER holds ``corpus.jsonl`` and ``questions.jsonl``, as `chuchu evaluate` reads them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.baselines import SYSTEMS
from benchmarks.collection import commit, indexed, progress, questions_of, remove_gold, sample, sets
from rag.bootstrap import Estimate
from rag.evaluation import evaluate
from rag.knowledge import KnowledgeBase
from rag.report import Report, summarise

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


def run(folder: Path, limit: int | None, baselines: bool) -> Iterator[Row]:
    """Evaluate the systems on one set."""
    with indexed(folder) as knowledge:
        every = questions_of(folder, knowledge)
        questions = sample(every, limit)
        whole = evaluate(
            questions, KnowledgeBase(knowledge.data, knowledge.generation, 0.0), progress(folder.name)
        )
        yield NEVER, whole
        yield DEFAULT, at(whole, knowledge.threshold)
        for name, system in SYSTEMS.items() if baselines else ():
            yield name, evaluate(questions, system(knowledge.generation), progress(f"{folder.name} {name}"))
    out, asked = remove_gold(every)
    if asked:
        with indexed(folder, out) as less:
            yield (
                "chuchu, half of the documents removed",
                evaluate(asked, less, progress(f"{folder.name} removed")),
            )


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
    parts = [f"Measured at commit {commit()}; 95 % bootstrap intervals in brackets.\n"]
    for one in sets(folder, only):
        parts.append(table(one.name, list(run(one, limit, baselines))))
        typer.echo(parts[-1])
    if out:
        out.write_text("\n".join(parts), "utf-8")


if __name__ == "__main__":
    typer.run(main)
