"""The index over HTTP: what is in service, its generations, rebuild, go back."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.evaluations import REPORTS, Accept, Questions, lines, show
from api.job import Job, Jobs, Start
from api.jobs import Board, accepted
from api.redact import gate_of, name_of, without
from api.schema import BODY
from api.serving import Knowledge, Service
from api.settings import Settings
from index import history
from index.errors import NotFoundError, SourceError, StorageError
from index.lock import building
from index.service import generations
from index.source import address_of, is_address
from rag.candidate import REPORT
from rag.gate import Gate
from rag.knowledge import KnowledgeBase

router = APIRouter(tags=["index"])


@dataclass(frozen=True)
class IndexStatus:
    """The generation that answers; no folder of the server is named."""

    generation: int
    created: str
    sources: list[str]
    """Names of files and folders, addresses of pages."""
    embedder: str
    segmenter: str
    counts: dict[str, int]
    changes: dict[str, int]
    """Documents added, edited, renamed, removed and kept, against the generation before."""
    gate: dict[str, Any] | None
    """What the evaluation before publication found."""
    note: str
    warning: str | None
    """Why it is not the generation in service that answers."""

    @classmethod
    def of(cls, knowledge: KnowledgeBase, warning: str | None) -> "IndexStatus":
        """Describe what ``knowledge`` answers from."""
        manifest = knowledge.generation.manifest
        return cls(
            generation=manifest.generation,
            created=manifest.created,
            sources=[name_of(source) for source in manifest.sources],
            embedder=manifest.embedder,
            segmenter=manifest.segmenter,
            counts=manifest.counts,
            changes=manifest.changes,
            gate=gate_of(manifest.gate),
            note=manifest.note,
            warning=warning,
        )


class RebuildRequest(BaseModel):
    """What to build from, and what the new generation must reach to be published."""

    model_config = ConfigDict(**BODY, json_schema_extra={"examples": [{}, {"note": "更新了第三章"}]})

    sources: list[Annotated[str, Field(min_length=1)]] = []
    """Addresses of pages, and files and folders of the server that were indexed before or are among
    `CHUCHU_FOLDERS`; those of the last build, when left out."""
    questions: Questions | None = None
    """What the new generation is asked before it is published."""
    at_least: list[str] = []
    """Lower bounds that the answers must reach, such as ``recall@3=0.6``."""
    at_most: list[str] = []
    """Upper bounds, such as ``false_answer_rate=0.2``."""
    keep: Annotated[int, Field(ge=1)] = history.KEEP
    """Generations that stay on disk."""
    drop_missing: bool = False
    """Whether documents go whose sources vanished or cannot be read any more; else they stay as they were."""
    note: Annotated[str, Field(max_length=1000)] = ""

    @model_validator(mode="after")
    def _asked(self) -> "RebuildRequest":
        if (self.at_least or self.at_most) and self.questions is None:
            raise ValueError("设了指标的界限，却没有 questions；请一并给出问题")
        return self


class RollbackRequest(BaseModel):
    """Where to go back to."""

    model_config = ConfigDict(**BODY, json_schema_extra={"examples": [{}, {"generation": 3}]})

    generation: Annotated[int, Field(ge=1)] | None = None
    """The published generation before the one in service, when left out."""


@router.get("/index", operation_id="get_index", summary="正在使用的索引")
def get_index(knowledge: Knowledge, serving: Service) -> IndexStatus:
    """Describe the generation that answers."""
    return IndexStatus.of(knowledge, serving.warning)


@router.get("/index/generations", operation_id="list_generations", summary="列出各代索引")
def list_generations(serving: Service) -> dict[Literal["generations"], list[history.Entry]]:
    """Newest first."""
    return {
        "generations": [
            replace(entry, gate=gate_of(entry.gate)) for entry in history.history(serving.settings.data)
        ]
    }


@router.get(
    "/index/generations/{generation}/report",
    operation_id="get_generation_report",
    summary="一代索引发布前的评测报告",
    responses=REPORTS,
)
def get_generation_report(generation: int, serving: Service, accept: Accept = "") -> Response:
    """Show the report that the gate decided by."""
    report = generations(serving.settings.data) / str(generation) / REPORT
    if not report.is_file():
        raise NotFoundError(f"第 {generation} 代索引没有评测报告；GET /index/generations 列出全部")
    return show(report, accept)


@router.post(
    "/index/rebuild",
    operation_id="rebuild_index",
    summary="重建索引",
    status_code=202,
    response_model=Job,
    responses={409: {"description": "已有重建在进行"}},
)
def rebuild_index(jobs: Board, serving: Service, request: RebuildRequest | None = None) -> Response:
    """Build a generation in a process of its own, and publish it if it passes."""
    asked = request or RebuildRequest()
    Gate.parse(asked.at_least, asked.at_most)
    with turn_to_build(jobs, serving.settings.data) as start:
        return accepted(start(rebuild_of(asked, serving.settings), lines(asked.questions)))


@contextmanager
def turn_to_build(jobs: Jobs, data: Path) -> Iterator[Start]:
    """Hold the right to start a rebuild; see `Jobs.turn`."""
    with jobs.turn("rebuild") as start:
        with building(data):
            pass  # nobody builds from the command line either
        yield start


def rebuild_of(asked: RebuildRequest, settings: Settings, add: str | None = None) -> dict[str, Any]:
    """Return what the child is asked for; a source to ``add`` goes with those of the last build."""
    sources = [_allowed(address_of(source), settings) for source in asked.sources]
    options = asked.model_dump(exclude={"questions"})
    return {**options, "sources": sources, "add": add, "min_confidence": settings.min_confidence}


def _allowed(source: str, settings: Settings) -> str:
    """Return a source that may be indexed over HTTP: an administrator need not be let into every folder.

    Raises:
        SourceError: it is a file of the server that was neither indexed before nor opened by a setting.

    """
    served = history.newest(settings.data)
    folders = [*settings.folders, *(served.sources if served else ())]
    below = (
        Path(source).resolve().is_relative_to(Path(one).resolve()) for one in folders if not is_address(one)
    )
    if not is_address(source) and not any(below):
        raise SourceError(
            f"{Path(source).name} 不在可以经由 HTTP 索引的文件夹里；"
            "请用 chuchu build，或把文件夹写进 CHUCHU_FOLDERS"
        )
    return source


@router.post("/index/rollback", operation_id="rollback_index", summary="换用先前的一代索引")
def rollback_index(serving: Service, request: RollbackRequest | None = None) -> IndexStatus:
    """Put an earlier generation in service, once its files are checked; other workers follow in a second."""
    wanted = (request or RollbackRequest()).generation
    try:
        history.rollback(serving.settings.data, wanted, serving.settings.cluster)
    except StorageError as error:
        raise HTTPException(409, without(serving.settings.data, str(error))) from error
    serving.refresh()
    return IndexStatus.of(serving.knowledge, serving.warning)
