"""Evaluations over HTTP: start one, list them, read a report."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header
from fastapi.responses import FileResponse, HTMLResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from api.job import Job, Jobs
from api.jobs import Board, accepted
from api.reportpage import render
from api.schema import BODY
from api.serving import Service
from api.work import QUESTIONS, REPORT
from index.errors import EvidenceError, NotFoundError
from rag.gate import Gate
from rag.report import read_report

router = APIRouter(tags=["evaluations"])

_HTML = "text/html"
_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Vary": "Accept",
}
Accept = Annotated[str, Header()]
REPORTS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {}, _HTML: {}}, "description": "JSON 或网页"}
}


class EvidenceSpan(BaseModel):
    """Where evidence stands."""

    model_config = BODY

    document: str
    start: int
    end: int


class ExpectedQuestion(BaseModel):
    """A question, and what its answer should quote: a line of a question set."""

    model_config = BODY

    id: str
    question: str
    evidence: list[str | EvidenceSpan]
    """Verbatim quotes or spans; empty where the documents do not answer."""
    answers: list[str] = []
    kind: str = "question"


Questions = Annotated[list[ExpectedQuestion], Field(min_length=1)]


class EvaluationRequest(BaseModel):
    """What to ask, and what to hold the answers against."""

    model_config = ConfigDict(
        **BODY,
        json_schema_extra={
            "examples": [
                {},
                {
                    "questions": [
                        {
                            "id": "q1",
                            "question": "什么是氛围编码？",
                            "evidence": ["通过自然语言(English)全权指挥 AI 编写程序"],
                        }
                    ],
                    "at_least": ["recall@3=0.6"],
                },
            ]
        },
    )

    questions: Questions | None = None
    """The bundled set about the bundled review, when left out."""
    against: str | None = None
    """Id of an earlier evaluation to compare with, question by question."""
    at_least: list[str] = []
    """Lower bounds, such as ``recall@3=0.6``."""
    at_most: list[str] = []
    """Upper bounds, such as ``false_answer_rate=0.2``."""


def lines(questions: list[ExpectedQuestion] | None) -> dict[str, str]:
    """Return the file of a job that holds its questions, where it has its own."""
    if questions is None:
        return {}
    records = (one.model_dump() for one in questions)
    return {QUESTIONS.name: "".join(json.dumps(one) + "\n" for one in records)}


@router.post(
    "/evaluations",
    operation_id="start_evaluation",
    summary="评测答案召回",
    status_code=202,
    response_model=Job,
    responses={409: {"description": "已有评测在进行"}},
)
def start_evaluation(jobs: Board, serving: Service, request: EvaluationRequest | None = None) -> Response:
    """Evaluate the index in service, in a process of its own."""
    asked = request or EvaluationRequest()
    Gate.parse(asked.at_least, asked.at_most)
    with jobs.turn("evaluation") as start:
        return accepted(
            start(
                {
                    "min_confidence": serving.settings.min_confidence,
                    "against": None if asked.against is None else str(report_file(asked.against, jobs)),
                    "at_least": asked.at_least,
                    "at_most": asked.at_most,
                },
                lines(asked.questions),
            )
        )


@router.get("/evaluations", operation_id="list_evaluations", summary="列出评测")
def list_evaluations(jobs: Board) -> dict[Literal["evaluations"], list[Job]]:
    """Newest first; ``result`` has the metrics."""
    return {"evaluations": jobs.all("evaluation")}


@router.get(
    "/evaluations/{evaluation}",
    operation_id="get_evaluation",
    summary="评测报告",
    description="完整的报告；`Accept: text/html` 时是一个网页，否则是 JSON。",
    responses=REPORTS,
)
def get_evaluation(evaluation: str, jobs: Board, accept: Accept = "") -> Response:
    """Show a report."""
    return show(report_file(evaluation, jobs), accept)


def report_file(evaluation: str, jobs: Jobs) -> Path:
    """Return the file of a report.

    Raises:
        NotFoundError: there is no such evaluation, or it has no report yet.

    """
    job = jobs.get(evaluation)
    if job.kind != "evaluation" or job.status != "succeeded":
        raise NotFoundError(f"任务 {evaluation} 没有评测报告；GET /jobs/{evaluation} 查看它的状态")
    return jobs.folder(evaluation) / REPORT


def show(report: Path, accept: str) -> Response:
    """Answer with a report as the client wants it.

    Raises:
        NotFoundError: it cannot be read any more.

    """
    if _HTML in accept:
        try:
            return HTMLResponse(render(read_report(report)), headers=_PAGE_HEADERS)
        except EvidenceError as error:  # which names the file
            raise NotFoundError("这份报告读不了，或由另一版程序写成；请重新评测") from error
    return FileResponse(report, media_type="application/json", headers={"Vary": "Accept"})
