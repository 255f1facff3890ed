"""The commands that help to make a question set."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from api.console import Data, Json, err, open_knowledge, out, print_json
from rag.draft import drafts
from rag.questionset import problems_of
from rag.report import write_whole

app = typer.Typer(help="检查问题集，或起草一份。", no_args_is_help=True)


@app.command()
def check(
    questions: Annotated[Path, typer.Argument(help="问题集")], data: Data = None, as_json: Json = False
) -> None:
    """检查问题集：引文都在文档里吗，只有一处吗，有没有重复。"""
    wrong, doubtful = problems_of(questions, open_knowledge(data).generation)
    if as_json:
        print_json({"errors": wrong, "warnings": doubtful})
    else:
        for one in wrong:
            err.print("[red]错误[/]", end=" ")
            typer.echo(one, err=True)
        for one in doubtful:
            err.print("[yellow]留意[/]", end=" ")
            typer.echo(one, err=True)
        out.print(f"{len(wrong)} 处错误，{len(doubtful)} 处留意")
    if wrong:
        raise typer.Exit(2)


@app.command()
def draft(
    to: Annotated[Path | None, typer.Option("--out", help="写入这个文件；不写则打印")] = None,
    data: Data = None,
) -> None:
    """从文档的标题、定义与双语术语起草问题；逐题核对后删去 draft，才能用来评测。"""
    found = drafts(open_knowledge(data).generation)
    lines = "".join(json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in found)
    if to is None:
        typer.echo(lines, nl=False)
        return
    write_whole(lines, to)
    out.print(escape(f"起草了 {len(found)} 题，写在 {to}；请逐题核对，删去 draft 后再评测"))
