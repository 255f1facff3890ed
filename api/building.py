"""The commands that build, and that go through what was built."""

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Column, Table

from api.console import Data, Json, err, out, print_json, progress_bars, settings_of
from api.watching import watch
from index import history
from index.build import BuildReport
from index.errors import SettingError
from index.reader import Problem
from rag.gate import Gate
from rag.knowledge import rebuild

_CHANGES = {"added": "新增", "edited": "改动", "renamed": "改名", "removed": "移除", "kept": "缺失"}


def build(
    sources: Annotated[
        list[str] | None,
        typer.Argument(help="文件、文件夹或网址；不写则用上次的来源，还没有索引时用自带的书评"),
    ] = None,
    data: Data = None,
    embedder: Annotated[
        str | None, typer.Option(help="sentence-transformers 模型的名称或路径；不写则用自带的模型")
    ] = None,
    dictionary: Annotated[Path | None, typer.Option(help="jieba 格式的用户词典")] = None,
    questions: Annotated[Path | None, typer.Option(help="发布之前用这个问题集评测")] = None,
    at_least: Annotated[
        list[str] | None, typer.Option(help="指标的下限，例如 recall@3=0.9，可重复；不足则不发布，退出码为 1")
    ] = None,
    at_most: Annotated[
        list[str] | None, typer.Option(help="指标的上限，例如 false_answer_rate=0.1，可重复")
    ] = None,
    keep: Annotated[int, typer.Option(min=1, help="在磁盘上保留几代")] = history.KEEP,
    drop_missing: Annotated[
        bool, typer.Option("--drop-missing", help="去掉来源已经不见或读不了的文档；不写则沿用上次的文字")
    ] = False,
    full: Annotated[bool, typer.Option("--full", help="全部重做，不沿用上一代；结果相同")] = False,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="允许读取内部网络与本机的网址")
    ] = False,
    note: Annotated[str, typer.Option(help="给这一代写一句备注")] = "",
    watching: Annotated[
        bool, typer.Option("--watch", help="建好之后守着来源，有改动就重建；按 Ctrl-C 停止")
    ] = False,
    as_json: Json = False,
) -> None:
    """建立索引：读取、分词、向量化，一次性发布。"""
    settings = settings_of(data)
    again = partial(
        rebuild,
        settings.data,
        questions=questions,
        gate=Gate.parse(at_least or (), at_most or ()),
        threshold=settings.min_confidence,
        keep=keep,
        drop_missing=drop_missing,
        allow_private=allow_private,
        note=note,
        cluster=settings.cluster,
        ray=settings.ray_address,
    )
    words = None if dictionary is None else _lines(dictionary)
    with progress_bars() as progress:
        report = again(sources or (), embedder, words, progress, full=full)
    _tell(report, as_json)
    if watching:
        watch(settings.data, lambda: _tell(again(), as_json))
    elif not report.published:
        raise typer.Exit(1)


def _tell(report: BuildReport, as_json: bool) -> None:
    if as_json:
        print_json(asdict(report))
    else:
        show(report)


def _lines(dictionary: Path) -> list[str]:
    try:
        lines = dictionary.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"无法读取用户词典 {dictionary}；请检查路径与编码（UTF-8）") from error
    return [line.strip() for line in lines if line.strip()]


def show(report: BuildReport) -> None:
    """Say what a build made, and what it had to leave out."""
    counts = report.counts
    what = (
        f"{counts['documents']} 篇文档，{counts['passages']} 个段落，"
        f"{counts['sentences']} 个句子，{counts['terms']} 个术语"
    )
    if report.published:
        changes = _changes(report.changes)
        out.print(f"第 {report.generation} 代索引已发布：{what}" + (f"（{changes}）" if changes else ""))
    else:
        _show_held_back(report)
    show_problems(report.problems)


def show_problems(problems: Sequence[Problem]) -> None:
    """Say what a build had to leave out."""
    for problem in problems:
        err.print(f"[yellow]未收入[/] {escape(problem.source)}：{escape(problem.reason)}")


def _show_held_back(report: BuildReport) -> None:
    for shortfall in (report.gate or {})["shortfalls"]:
        err.print(f"[red]未达标[/] {escape(shortfall)}")
    err.print(
        f"第 {report.generation} 代索引没有发布，仍用原来的一代；"
        f"它与评测报告留在磁盘上，仍要使用请运行 chuchu rollback {report.generation}"
    )


def generations(data: Data = None, as_json: Json = False) -> None:
    """列出磁盘上的各代索引。"""
    entries = history.history(settings_of(data).data)
    if as_json:
        print_json({"generations": [asdict(entry) for entry in entries]})
        return
    when, note = Column("时间（UTC）", no_wrap=True), Column("备注", overflow="fold")
    table = Table("", "代", when, "文档", "段落", "变化", "评测", "大小", note, box=None)
    for entry in entries:
        table.add_row(
            "▶" if entry.in_service else "",
            str(entry.number),
            entry.created.removesuffix("+00:00"),
            str(entry.counts.get("documents", "–")),
            str(entry.counts.get("passages", "–")),
            _changes(entry.changes),
            _gate(entry),
            f"{entry.bytes / 1e6:.1f} MB",
            escape(entry.problem or entry.note),
        )
    out.print(table)


def _changes(changes: dict[str, int]) -> str:
    return "，".join(f"{_CHANGES[name]} {n}" for name, n in changes.items() if n)


def _gate(entry: history.Entry) -> str:
    if entry.gate is None:
        return ""
    return "通过" if entry.gate["passed"] else "未达标" if entry.published else "未发布"


def rollback(
    number: Annotated[int | None, typer.Argument(metavar="代", help="退回哪一代；不写则为前一代")] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """换用先前的一代索引。"""
    settings = settings_of(data)
    served = history.rollback(settings.data, number, settings.cluster)
    if as_json:
        print_json({"generation": served})
    else:
        out.print(f"正在使用第 {served} 代索引")


def prune(
    keep: Annotated[int, typer.Option(min=1, help="保留几代")] = history.KEEP,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """删去旧的各代索引；正在使用的一代总会留下。"""
    settings = settings_of(data)
    removed = history.prune(settings.data, keep, settings.cluster)
    if as_json:
        print_json({"removed": removed})
    else:
        out.print(f"删去了 {len(removed)} 代" + (f"：{'、'.join(map(str, removed))}" if removed else ""))
