"""OpenAI's chat route: the clients that people have ask chuchu as they would ask a model."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from time import time
from typing import Annotated, Any, Literal
from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from api.problem import problem_of
from api.sample import ANSWER
from api.serving import Knowledge
from api.stream import MEDIA_TYPE, Event, Events, EventStream
from index.errors import NotFoundError, QuestionError
from rag.answer import Answer, AnswerEvent, Finished, Withdrew, Wrote
from rag.citation import Citation, where_of
from rag.followup import complete

MODEL = "chuchu"
_WITHDRAWN = "\n\n（以上作废：语言模型没有写完。以下是原文。）\n\n"
_DONE = b"[DONE]"

router = APIRouter(prefix="/v1")


class Part(BaseModel):
    """A part of a message; only text is read."""

    type: str
    text: str | None = None


class Message(BaseModel):
    """One turn of the conversation; only the user's are read."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None

    @property
    def text(self) -> str:
        """What it says."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.text)
        return self.content or ""


class StreamOptions(BaseModel):
    """What else is to be streamed."""

    model_config = ConfigDict(strict=True)

    include_usage: bool = False


class ChatRequest(BaseModel):
    """A conversation whose last question is asked; temperature and the like are ignored."""

    model_config = ConfigDict(
        strict=True,
        json_schema_extra={
            "examples": [
                {
                    "model": MODEL,
                    "messages": [
                        {"role": "user", "content": "什么是氛围编码？"},
                        {
                            "role": "assistant",
                            "content": "最引人注目的变化是 “氛围编码(Vibe Coding)” 的兴起。…… [1]",
                        },
                        {"role": "user", "content": "它有什么好处？"},
                    ],
                }
            ]
        },
    )

    model: str = MODEL
    messages: Annotated[list[Message], Field(min_length=1, max_length=1000)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None


@dataclass(frozen=True)
class Spoken:
    """What chuchu says."""

    content: str
    role: str = "assistant"


@dataclass(frozen=True)
class Choice:
    """The one answer."""

    message: Spoken
    index: int = 0
    finish_reason: str = "stop"


@dataclass(frozen=True)
class Usage:
    """Always zeros: chuchu counts no tokens."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0


@dataclass(frozen=True)
class Completion:
    """An answer as OpenAI's clients read it, with chuchu's own beside it."""

    choices: list[Choice]
    chuchu: Answer
    """The answer as `POST /ask` gives it, with its citations."""
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid4().hex}")
    object: str = "chat.completion"
    created: int = field(default_factory=lambda: int(time()))
    model: str = MODEL
    usage: Usage = Usage()


@dataclass(frozen=True)
class Model:
    """The one model there is."""

    created: int
    id: str = MODEL
    object: str = "model"
    owned_by: str = MODEL


_EXAMPLE = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1_764_000_000,
    "model": MODEL,
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {
                "role": "assistant",
                "content": f"{ANSWER['answer']}\n\n[1] 2025 LLM Year in Review › 主题二:… "
                "<http://127.0.0.1:8000/documents/karpathy-2025-review.txt/text#char=2743,2852>",
            },
        }
    ],
    "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
    "chuchu": ANSWER,
}


@router.get("/models", operation_id="list_models", summary="列出模型（OpenAI 格式）")
def models(knowledge: Knowledge) -> dict[Literal["object", "data"], str | list[Model]]:
    """Name what can be asked."""
    return {"object": "list", "data": [_model(knowledge)]}


@router.get("/models/{model}", operation_id="get_model", summary="模型信息（OpenAI 格式）")
def model(model: str, knowledge: Knowledge) -> Model:
    """Describe it."""
    _require(model)
    return _model(knowledge)


@router.post(
    "/chat/completions",
    operation_id="create_chat_completion",
    summary="对话（OpenAI 格式）",
    description="最后一条用户消息是问题；它若有代词或没有自己的内容，就补上先前问题的主题。系统与助手的消息不读。"
    "引文作为脚注附在正文后，完整的答案在 `chuchu` 一栏（流式时在最后一块）。",
    response_model=Completion,
    responses={
        200: {
            "content": {
                "application/json": {"example": _EXAMPLE},
                MEDIA_TYPE: {"schema": {"type": "string"}},
            }
        }
    },
)
def chat(body: ChatRequest, request: Request, knowledge: Knowledge) -> Completion | Response:
    """Answer the last question of a conversation."""
    _require(body.model)
    questions = [message.text for message in body.messages if message.role == "user"]
    if not questions:
        raise QuestionError("messages 里没有用户的消息；请把问题写成 role 为 user 的最后一条")
    question = complete(questions, knowledge.generation)
    base = str(request.base_url).rstrip("/")
    if body.stream:
        usage = body.stream_options is not None and body.stream_options.include_usage
        return EventStream(_chunks(knowledge.ask_stream(question), base, usage))
    answer = knowledge.ask(question)
    return Completion([Choice(Spoken(answer.answer + _footnotes(answer, base)))], answer)


def _require(model: str) -> None:
    if model != MODEL:
        raise NotFoundError(f"没有模型 {model!r}；这里只有 {MODEL!r}")


def _model(knowledge: Knowledge) -> Model:
    return Model(int(datetime.fromisoformat(knowledge.generation.manifest.created).timestamp()))


def _footnotes(answer: Answer, base: str) -> str:
    """Say where each citation stands, and what it says where the text is not made of quotes."""
    lines = [_footnote(citation, base, answer.mode == "llm") for citation in answer.citations]
    return "\n\n" + "\n".join(lines) if lines else ""


def _footnote(citation: Citation, base: str, quoting: bool) -> str:
    place = where_of(citation.title, citation.heading)
    quote = f"：“{' '.join(citation.quote.split())}”" if quoting else ""
    return f"[{citation.number}] {place}{quote} <{base}{citation.url}>"


def _chunks(events: Iterator[AnswerEvent], base: str, usage: bool) -> Events:
    identity = f"chatcmpl-{uuid4().hex}"
    head = {"id": identity, "object": "chat.completion.chunk", "created": int(time()), "model": MODEL}

    def chunk(delta: dict[str, str], finish: str | None = None, **more: Any) -> Event:
        return None, head | {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more}

    next(events)  # what is wrong with the question shows here, and has a status of its own
    yield chunk({"role": "assistant", "content": ""})
    try:
        for event in events:
            if isinstance(event, Wrote):
                yield chunk({"content": event.text})
            elif isinstance(event, Withdrew):
                yield chunk({"content": _WITHDRAWN})
            elif isinstance(event, Finished):
                yield chunk({"content": _footnotes(event.answer, base)})
                yield chunk({}, "stop", chuchu=event.answer)
    except Exception as error:  # the status has been sent; OpenAI's clients read errors from the stream
        yield None, json.loads(bytes(problem_of(error, "/v1/").body))
        return
    if usage:
        yield None, head | {"choices": [], "usage": Usage()}
    yield None, _DONE
