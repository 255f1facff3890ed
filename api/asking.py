"""Asking over HTTP: the whole answer at once, or as it is written."""

from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from pydantic import TypeAdapter

from api.sample import ANSWER, STREAM
from api.schema import AskRequest
from api.serving import Knowledge
from api.stream import MEDIA_TYPE, Events, EventStream
from rag.answer import Answer, AnswerEvent, Cited, Withdrew, Wrote
from rag.knowledge import KnowledgeBase

router = APIRouter()
_answer = TypeAdapter(Answer)

_STREAMED = """`Accept: text/event-stream` 时边写边发：先是 `evidence`（status、confidence、citations），
然后是若干 `text`（text），最后是 `answer`（完整的答案）；中途失败则以 `problem` 结束。
语言模型写到一半失败时，`withdraw` 表示先前的 `text` 作废，由之后的代替。"""


@router.post(
    "/ask",
    operation_id="ask",
    summary="提问",
    description=_STREAMED,
    response_model=Answer,
    responses={
        200: {
            "content": {
                "application/json": {"example": ANSWER},
                MEDIA_TYPE: {"schema": {"type": "string"}, "example": STREAM},
            }
        }
    },
)
async def ask(request: AskRequest, knowledge: Knowledge, accept: Annotated[str, Header()] = "") -> Response:
    """Answer in JSON or, where the client accepts them, in events."""
    answered = _streamed if MEDIA_TYPE in accept else _whole
    if knowledge.is_quick and answered is _whole:
        return _whole(request, knowledge)
    return await run_in_threadpool(answered, request, knowledge)


def _whole(request: AskRequest, knowledge: KnowledgeBase) -> Response:
    answer = knowledge.ask(request.question, request.documents, request.min_confidence)
    return Response(_answer.dump_json(answer), media_type="application/json")


def _streamed(request: AskRequest, knowledge: KnowledgeBase) -> Response:
    return EventStream(
        _named(knowledge.ask_stream(request.question, request.documents, request.min_confidence))
    )


def _named(events: Iterable[AnswerEvent]) -> Events:
    for event in events:
        if isinstance(event, Cited):
            yield "evidence", event
        elif isinstance(event, Wrote):
            yield "text", event
        elif isinstance(event, Withdrew):
            yield "withdraw", {}
        else:
            yield "answer", event.answer
