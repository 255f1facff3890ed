"""What the commands share: settings, the index, output, progress."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from api.settings import Settings
from api.writer import writer_of
from index.build import Progress as Report
from index.errors import SettingError
from rag.answer import ExtractiveWriter
from rag.knowledge import KnowledgeBase

out = Console(emoji=False, highlight=False, soft_wrap=True)
err = Console(emoji=False, highlight=False, soft_wrap=True, stderr=True)

_STAGES = {
    "load": "读取文档",
    "segment": "分词",
    "embed": "向量化",
    "index": "建立索引",
    "publish": "发布",
    "evaluate": "评测",
}

Data = Annotated[Path | None, typer.Option("--data", help="索引所在的文件夹（默认取 CHUCHU_DATA）")]
Json = Annotated[bool, typer.Option("--json", help="输出 JSON")]
Only = Annotated[list[str] | None, typer.Option("--document", help="只在这篇文档里找，可重复")]


def settings_of(data: Path | None = None) -> Settings:
    """Read the environment; ``data`` goes before it.

    Raises:
        SettingError: a value cannot be used.

    """
    try:
        settings = Settings()
    except ValidationError as error:
        from api.fault import expected  # with Starlette, which only a mistake waits for

        # Not the values, for they may be keys.
        wrong = [f"CHUCHU_{one['loc'][0]}".upper() + f" {expected({**one})}" for one in error.errors()]
        raise SettingError(f"环境变量的值不可用：{'；'.join(wrong)}；请改正或取消它") from error
    return settings if data is None else settings.model_copy(update={"data": data})


def open_knowledge(data: Path | None, *, to_ask: bool = False) -> KnowledgeBase:
    """Open the index in service; only ``to_ask`` with the language model, if one is set."""
    settings = settings_of(data)
    writer = writer_of(settings) if to_ask else ExtractiveWriter()
    knowledge = KnowledgeBase.open(settings.data, settings.min_confidence, writer, settings.cluster)
    if knowledge.warning:
        err.print(f"[yellow]注意[/] {escape(knowledge.warning)}")
    return knowledge


@contextmanager
def progress_bars() -> Iterator[Report]:
    """Show a bar for each stage, on a terminal only."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, disable=not err.is_terminal) as bars:
        tasks: dict[str, Any] = {}

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(_STAGES[stage], total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield report


def print_json(value: Any) -> None:
    """Write JSON to stdout, escaped where its encoding is not UTF-8."""
    utf8 = sys.stdout.encoding.lower().replace("-", "") == "utf8"
    typer.echo(json.dumps(value, ensure_ascii=not utf8, indent=2))
