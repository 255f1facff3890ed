"""Ask the same in other ways: ``python -m benchmarks.asking FOLDER --out docs/asking.md``."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated
from unittest.mock import patch

import typer
from opencc import OpenCC

import rag.question
from benchmarks.collection import indexed, measure_of, measured, progress, questions_of, sample, sets, shown
from index.segmenter import is_han
from rag.evaluation import evaluate
from rag.report import Report


def _spoken(question: str) -> str:
    for written, said in (("什么", "啥"), ("为何", "为啥"), ("如何", "咋"), ("怎么", "咋"), ("哪里", "哪儿")):
        question = question.replace(written, said)
    return question


def _folded_over(question: str) -> str:
    between = [n for n in range(1, len(question)) if is_han(question[n - 1 : n + 1])]
    middle = min(between, key=lambda n: abs(2 * n - len(question)), default=0)
    return f"{question[:middle]}\n{question[middle:]}"


WAYS: dict[str, Callable[[str], str]] = {
    "…": str,
    "请问…": "请问{}".format,
    "您好，…谢谢！": "您好，{}谢谢！".format,
    "文中提到…": "文中提到{}".format,
    "麻烦帮我查一下，…": "麻烦帮我查一下，{}".format,
    "…（简要回答）": "{}（简要回答）".format,
    "你是一个助手。请回答问题：…": "你是一个助手。请回答问题：{}".format,
    "小白一个，…": "小白一个，{}".format,  # no courtesy that is known
    "老师布置的作业，…": "老师布置的作业，{}".format,
    "…？看了半天没看懂": "{}？看了半天没看懂".format,
    "啥、咋": _spoken,
    "繁體": OpenCC("s2tw").convert,
    "在中间换行": _folded_over,
}
"""By name, what becomes of a question."""


def _cells(report: Report, measure: str) -> Iterator[str]:
    for name in (f"{measure}@1", f"{measure}@3", "answered_share"):
        yield shown(report.metrics[name])


def table(folder: Path, limit: int) -> Iterator[str]:
    """Yield the lines of a set's table, in Markdown."""
    with indexed(folder) as knowledge:
        questions = sample([one for one in questions_of(folder, knowledge) if one.evidence], limit)
        measure = measure_of(questions)
        heads = (f"{measure}@1", f"{measure}@3", "answered", f"{measure}@3, looked up", "answered, looked up")
        yield f"\n### {folder.name}\n\n| asked | {' | '.join(heads)} |\n{'|---' * (len(heads) + 1)}|"
        for name, way in WAYS.items():
            asked = [replace(one, question=way(one.question)) for one in questions]
            told = progress(f"{folder.name} {name}")
            cells = list(_cells(evaluate(asked, knowledge, told), measure))
            with (
                patch.object(rag.question, "without_courtesy", "".join),
                patch.object(rag.question, "aside", lambda plain, segmenter: frozenset()),
            ):
                cells += list(_cells(evaluate(asked, knowledge, told), measure))[1:]
            yield f"| {name} | {' | '.join(cells)} |"


def main(
    folder: Annotated[Path, typer.Argument(help="a folder of sets")],
    out: Annotated[Path | None, typer.Option(help="write the tables here, in Markdown")] = None,
    only: Annotated[list[str] | None, typer.Option("--set", help="only this set; repeatable")] = None,
    limit: Annotated[int, typer.Option(help="questions of each set, drawn with a seed")] = 300,
) -> None:
    """Measure what another way of asking costs, at the default threshold."""
    lines = [measured()]
    for one in sets(folder, only):
        for line in table(one, limit):
            typer.echo(line)
            lines.append(line)
    if out:
        out.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    typer.run(main)
