"""The command line door."""

import atexit
import gc
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from io import TextIOWrapper
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Column, Table

from api import building, evaluating, questions
from api.console import Data, Json, Only, err, open_knowledge, out, print_json, progress_bars, settings_of
from api.usage import mistake_of
from api.writer import writer_of
from index.errors import ChuchuError, NoIndexError, UserError
from index.opening import check
from rag.answer import Answer, Writing
from rag.citation import where_of
from rag.knowledge import rebuild

app = typer.Typer(
    help="出处：向中文文档提问，答案附带任何人都能核对的出处。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command(name="build")(building.build)
app.command(name="generations")(building.generations)
app.command(name="rollback")(building.rollback)
app.command(name="prune")(building.prune)
app.command(name="evaluate")(evaluating.evaluate)
app.add_typer(questions.app, name="questions")


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="问题，例如：什么是氛围编码？")],
    data: Data = None,
    document: Only = None,
    min_confidence: Annotated[
        float | None, typer.Option(min=0, max=1, help="低于这个把握就回答“文中没有”")
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="列出每条引文的排序特征")] = False,
    as_json: Json = False,
) -> None:
    """提问，得到附出处的答案。"""
    finished = open_knowledge(data, to_ask=True).explain(question, document, min_confidence)
    features = [one.features for one in finished.evidence]
    if as_json:
        print_json(asdict(finished.answer) | ({"features": features} if explain else {}))
        return
    _show_answer(finished.answer)
    if explain:
        _show_features(features)


def _show_answer(answer: Answer) -> None:
    typer.echo(answer.answer)
    if answer.writing:
        _show_writing(answer.writing)
    out.print(f"\n把握 {answer.confidence:.0%} · 第 {answer.provenance.generation} 代索引", style="dim")
    for citation in answer.citations:
        place = where_of(citation.title, citation.heading)
        span = f"{citation.document}#char={citation.start},{citation.end}"
        if citation.page is not None:
            span += f"  第 {citation.page} 页"
        out.print(escape(f"[{citation.number}] {place}  {span}"), style="dim")


_FAILURES = {
    "timeout": "超时",
    "rate-limit": "请求过多（429）",
    "error": "出错",
    "cut": "中途断了",
    "unsupported": "写的话都没有原文支持",
}


def _show_writing(writing: Writing) -> None:
    if writing.failure:
        shown = f"语言模型 {writing.model} {_FAILURES[writing.failure]}，以上是原文"
    else:
        supported = sum(sentence.supported for sentence in writing.sentences)
        shown = f"由语言模型 {writing.model} 撰写；{len(writing.sentences)} 句中 {supported} 句有原文支持"
    out.print(escape(f"\n{shown}"), style="dim")


def _show_features(features: Sequence[Mapping[str, float]]) -> None:
    table = Table("特征", *(escape(f"[{number}]") for number in range(1, len(features) + 1)))
    for name in features[0] if features else ():
        table.add_row(name, *(f"{one[name]:.3f}" for one in features))
    out.print(table)


@app.command()
def search(
    question: Annotated[str, typer.Argument(help="要找的内容")],
    k: Annotated[int, typer.Option("-k", help="段落数")] = 10,
    data: Data = None,
    document: Only = None,
    as_json: Json = False,
) -> None:
    """检索段落，不作答。"""
    from api.schema import SearchHit

    hits = [SearchHit.of(found) for found in open_knowledge(data).search(question, k, document)]
    if as_json:
        print_json({"hits": [asdict(hit) for hit in hits]})
        return
    for number, hit in enumerate(hits, start=1):
        place = where_of(hit.title, hit.heading)
        out.print(f"[bold]{number}. {hit.score:.3f}[/]  [dim]{escape(place)}[/]")
        typer.echo(hit.text)


@app.command()
def status(data: Data = None, as_json: Json = False) -> None:
    """说明正在使用的索引。"""
    record = open_knowledge(data).status()
    if as_json:
        print_json(record)
        return
    table = Table("", Column(overflow="fold"), show_header=False, box=None)
    for name, value in record.items():
        table.add_row(name, escape(_told(value)))
    out.print(table)


def _told(value: object) -> str:
    if isinstance(value, dict):
        return "、".join(f"{name} {_told(one)}" for name, one in value.items())
    if isinstance(value, list):
        return "、".join(map(_told, value))
    return "–" if value is None else str(value)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="监听的地址（默认取 CHUCHU_HOST，再则 127.0.0.1）")] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="端口")] = 8000,
    workers: Annotated[int, typer.Option(min=1, help="进程数")] = 1,
    insecure: Annotated[bool, typer.Option("--insecure", help="没有密钥也让别的机器访问")] = False,
    data: Data = None,
) -> None:
    """启动网页与 HTTP 接口；还没有索引时先建立。"""
    from api.server import require_counting, require_free, require_key, run

    settings = settings_of(data)
    if host is not None:
        settings = settings.model_copy(update={"host": host})
    if not insecure:
        require_key(settings)
    writer_of(settings)  # what is wrong with it shows before the server starts
    require_counting(settings)
    try:
        check(settings.data, settings.cluster)
    except NoIndexError:
        with progress_bars() as progress:
            building.show(rebuild(settings.data, progress=progress, cluster=settings.cluster))
    require_free(settings.host, port)
    shown = f"[{settings.host}]" if ":" in settings.host else settings.host
    out.print(escape(f"在浏览器中打开 http://{shown}:{port}  （按 Ctrl-C 停止）"))
    run(settings, port, workers)


@app.command()
def mcp(data: Data = None) -> None:
    """经由标准输入输出提供 MCP 工具，供智能体调用；还没有索引时先建立。"""
    from api.serving import Serving

    settings = settings_of(data)
    serving = Serving(settings)
    try:
        check(settings.data, settings.cluster)
    except NoIndexError:
        rebuild(settings.data, cluster=settings.cluster)
    from api.tools import make_server  # a second, which a mistake need not wait for

    serving.refresh()
    with serving.following():
        make_server(lambda: serving.knowledge).run("stdio")


def main() -> None:
    """Run the command line: 0 done, 1 our failure, 2 the user's mistake."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    atexit.register(gc.freeze)  # all that is held goes with the process: piece by piece that takes 0.1 s
    try:
        sys.exit(app(standalone_mode=False))
    except typer.TyperException as error:
        if mistake := mistake_of(error):
            err.print(f"[red]错误[/] {escape(mistake)}")
        sys.exit(error.exit_code)
    except ChuchuError as error:
        err.print(f"[red]错误[/] {escape(str(error))}")
        sys.exit(2 if isinstance(error, UserError) else 1)
    except OSError as error:
        err.print(f"[red]错误[/] 无法输出：{escape(error.strerror or str(error))}")
        sys.exit(1)
