"""Run chuchu and simpler systems over public sets: ``python -m benchmarks FOLDER --out TABLE.md``.

Each folder in FOLDER holds ``corpus.jsonl`` and ``questions.jsonl``, as `chuchu evaluate` reads them.
"""

import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.ablation import ABLATIONS, without
from benchmarks.baselines import SYSTEMS
from benchmarks.collection import indexed, questions_of, remove_gold, sample
from index.build import Progress
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


def run(folder: Path, limit: int | None, baselines: bool, parts: Sequence[str]) -> Iterator[Row]:
    """Evaluate the systems on one set, then chuchu without each of ``parts``."""
    with indexed(folder) as knowledge:
        every = questions_of(folder, knowledge)
        questions = sample(every, limit)
        whole = evaluate(
            questions, KnowledgeBase(knowledge.data, knowledge.generation, 0.0), _progress(folder.name)
        )
        yield NEVER, whole
        yield DEFAULT, at(whole, knowledge.threshold)
        for name, system in SYSTEMS.items() if baselines else ():
            yield name, evaluate(questions, system(knowledge.generation), _progress(f"{folder.name} {name}"))
    for part in parts:
        with without(part), indexed(folder) as less:
            never = KnowledgeBase(less.data, less.generation, 0.0)
            yield f"{NEVER}, without {part}", evaluate(questions, never, _progress(f"{folder.name} – {part}"))
    out, asked = remove_gold(every)
    if asked:
        with indexed(folder, out) as less:
            yield (
                "chuchu, half of the documents removed",
                evaluate(asked, less, _progress(f"{folder.name} removed")),
            )


def _progress(name: str) -> Progress:
    def report(stage: str, done: int, total: int) -> None:
        if done == total or done % 500 == 0:
            typer.echo(f"{name}: {done}/{total}", err=True)

    return report


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


def commit() -> str:
    """Name the code that is measured; a ``+`` says that it has changed since."""
    words = ["git", "describe", "--always", "--dirty=+", "--abbrev=10"]
    return subprocess.run(  # noqa: S603
        words, capture_output=True, text=True, check=True, cwd=Path(__file__).parent
    ).stdout.strip()


def main(
    folder: Annotated[Path, typer.Argument(help="a folder of sets")],
    out: Annotated[Path | None, typer.Option(help="write the tables here, in Markdown")] = None,
    only: Annotated[list[str] | None, typer.Option("--set", help="only this set; repeatable")] = None,
    limit: Annotated[int | None, typer.Option(help="questions of each set, drawn with a seed")] = None,
    baselines: Annotated[bool, typer.Option(help="measure the simpler systems too")] = True,
    ablate: Annotated[
        list[str] | None, typer.Option("--without", help=f"{', '.join(ABLATIONS)}; repeatable")
    ] = None,
) -> None:
    """Measure chuchu and simpler systems on each set; intervals are 95 %, bootstrap."""
    if unknown := set(ablate or ()) - set(ABLATIONS):
        raise typer.BadParameter(f"{', '.join(unknown)}; there are {', '.join(ABLATIONS)}")
    sets = sorted(
        one.parent for one in folder.glob("*/questions.jsonl") if not only or one.parent.name in only
    )
    if not sets:
        raise typer.BadParameter(f"{folder} holds no folder with questions.jsonl")
    parts = [f"Measured at commit {commit()}; 95 % bootstrap intervals in brackets.\n"]
    for one in sets:
        parts.append(table(one.name, list(run(one, limit, baselines, ablate or ()))))
        typer.echo(parts[-1])
    if out:
        out.write_text("\n".join(parts), "utf-8")


if __name__ == "__main__":
    typer.run(main)
