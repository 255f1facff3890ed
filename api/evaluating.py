"""The command that evaluates."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from api.building import show_problems
from api.bundled import evaluate_with
from api.console import Data, Json, err, open_knowledge, out, print_json, progress_bars, settings_of
from api.reportpage import render
from index.build import Progress
from index.errors import SourceError
from rag.comparison import Comparison
from rag.gate import Gate
from rag.knowledge import KnowledgeBase, rebuild
from rag.questionset import BUNDLED, corpus_of
from rag.report import Report, read_report, to_json, write_whole

SERVER = "http://127.0.0.1:8000"
"""Where ``chuchu serve`` is, unless told otherwise: a page's links into the source lead there."""
_OF_KINDS = {
    "recall@1": "recall@1",
    "recall@3": "recall@3",
    "hit@3": "hit@3",
    "answer@3": "answer@3",
    "answered_share": "作答",
    "false_answer_rate": "误答",
}


def evaluate(
    questions: Annotated[
        Path,
        typer.Argument(
            help="问题集：JSON Lines、SQuAD/CMRC/DRCD 的 JSON、BEIR 文件夹；不写则用自带的",
            show_default=False,
        ),
    ] = BUNDLED,
    data: Data = None,
    own_corpus: Annotated[
        bool, typer.Option("--build", help="为问题集自带的文档建立临时索引，不动现有索引")
    ] = False,
    against: Annotated[Path | None, typer.Option(help="与先前的报告（JSON）逐题比较")] = None,
    at_least: Annotated[
        list[str] | None, typer.Option(help="指标的下限，例如 recall@3=0.9，可重复；不足则退出码为 1")
    ] = None,
    at_most: Annotated[
        list[str] | None, typer.Option(help="指标的上限，例如 false_answer_rate=0.1，可重复")
    ] = None,
    report_file: Annotated[
        Path | None, typer.Option("--report", help="把完整的报告（JSON）写入这个文件")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="把报告写成一个网页文件")] = None,
    as_json: Json = False,
) -> None:
    """评测答案召回：答案的引文含有多少应有的证据。"""
    gate = Gate.parse(at_least or (), at_most or ())
    before = read_report(against) if against else None
    with progress_bars() as progress, _asked_of(questions, data, own_corpus, progress) as knowledge:
        report = evaluate_with(questions, knowledge, progress, before)
    if report_file:
        write_whole(to_json(report), report_file)
    if html:
        write_whole(render(report, SERVER), html)
    if as_json:
        print_json(asdict(report))
    else:
        _show(report)
    shortfalls = gate.shortfalls(report)
    for shortfall in shortfalls:
        err.print(f"[red]未达标[/] {escape(str(shortfall))}")
    if shortfalls:
        raise typer.Exit(1)


@contextmanager
def _asked_of(
    questions: Path, data: Path | None, own_corpus: bool, progress: Progress
) -> Iterator[KnowledgeBase]:
    """Open the index in service, or one of the set's own documents that goes away."""
    if not own_corpus:
        yield open_knowledge(data)
        return
    threshold = settings_of(data).min_confidence
    with TemporaryDirectory(prefix="chuchu-") as scratch:
        _index_own(questions, Path(scratch), progress)
        yield KnowledgeBase.open(Path(scratch, "data"), threshold)


def _index_own(questions: Path, scratch: Path, progress: Progress) -> None:
    """Build an index of the set's own documents; what is wrong with them is told of the user's file."""
    corpus = corpus_of(questions, scratch)
    named = str(questions if corpus.is_relative_to(scratch) else corpus)
    try:
        report = rebuild(scratch / "data", [corpus], progress=progress)
    except SourceError as error:
        raise SourceError(str(error).replace(str(corpus), named)) from error
    show_problems([replace(one, source=one.source.replace(str(corpus), named)) for one in report.problems])


def _show(report: Report) -> None:
    table = Table("指标", "值", "95 % 区间", "题数", box=None)
    for name, one in report.metrics.items():
        table.add_row(name, f"{one.value:.3f}", f"{one.low:.3f} – {one.high:.3f}", str(one.n))
    out.print(table)
    shown = [name for name in _OF_KINDS if name in report.metrics]
    kinds = Table("类别", "题数", *(_OF_KINDS[name] for name in shown), box=None)
    for kind, group in report.kinds.items():
        cells = (f"{group.metrics[name].value:.3f}" if name in group.metrics else "–" for name in shown)
        kinds.add_row(escape(kind), str(group.questions), *cells)
    out.print()
    out.print(kinds)
    out.print("作答率看有答案的题，误答率看没有答案的题，要一起看", style="dim")
    if report.comparison:
        _show_comparison(report.comparison)


def _show_comparison(comparison: Comparison) -> None:
    table = Table("与先前相比", "先前", "现在", "差", "95 % 区间", "p", "胜/平/负", box=None)
    for name, one in comparison.differences.items():
        table.add_row(
            name,
            f"{one.before:.3f}",
            f"{one.after:.3f}",
            f"{one.after - one.before:+.3f}",
            f"{one.low:+.3f} {one.high:+.3f}",
            f"{one.p:.4f}",
            f"{one.wins}/{one.ties}/{one.losses}",
        )
    out.print()
    out.print(table)
    for flip in comparison.flips[:20]:
        out.print(
            escape(f"{flip.id}  {comparison.metric} {flip.before:.2f} → {flip.after:.2f}  {flip.question}")
        )
    unpaired = comparison.only_before + comparison.only_after
    out.print(
        f"逐题比较 {comparison.questions} 题，{len(comparison.flips)} 题有变；{unpaired} 题只在一份报告里"
    )
