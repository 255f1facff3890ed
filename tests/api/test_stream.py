import json
import threading
from collections.abc import Callable, Generator, Iterator

import anyio
import httpx
import pytest
from fastapi.testclient import TestClient
from starlette.types import Message, Scope

from api.stream import Event, EventStream
from index.document import Document
from index.errors import NotFoundError

ACCEPT = {"Accept": "text/event-stream"}
QUESTION = {"question": "什么是氛围编码？"}


def read(lines: Iterator[str]) -> list[tuple[str, dict[str, object]]]:
    """Read events as the standard has it: a name, data, a blank line."""
    events, fields = [], dict[str, str]()
    for line in lines:
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        else:
            events.append((fields["event"], json.loads(fields["data"])))
            fields = {}
    assert fields == {}
    return events


def asked(address: str, body: object) -> list[tuple[str, dict[str, object]]]:
    with httpx.stream("POST", f"{address}/ask", json=body, headers=ACCEPT) as response:
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        return read(response.iter_lines())


@pytest.mark.parametrize("question", ["什么是氛围编码？", "今天北京天气怎么样？"])
def test_an_answer_comes_evidence_first(server: str, question: str) -> None:
    (first, evidence), *pieces, (last, answer) = asked(server, {"question": question})
    assert (first, last, {name for name, _ in pieces}) == ("evidence", "answer", {"text"})
    whole = httpx.post(f"{server}/ask", json={"question": question}).json()
    assert {**answer, "timings_ms": 0} == {**whole, "timings_ms": 0}
    assert evidence == {name: whole[name] for name in ("status", "confidence", "citations")}
    assert "".join(str(piece["text"]) for _, piece in pieces) == whole["answer"]


@pytest.mark.parametrize(
    ("body", "status"),
    [({"question": "？"}, 422), ({"question": "幽灵", "documents": ["nope"]}, 404), ({}, 422)],
)
def test_what_is_wrong_with_a_question_has_its_status(server: str, body: object, status: int) -> None:
    response = httpx.post(f"{server}/ask", json=body, headers=ACCEPT)
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")


def breaks(error: Exception) -> Generator[Event, None, None]:
    yield "text", {"text": "一\n二"}
    raise error


@pytest.mark.parametrize(("error", "status"), [(NotFoundError("没有"), 404), (RuntimeError("/secret"), 500)])
def test_a_failure_on_the_way_is_the_last_event(error: Exception, status: int) -> None:
    async def app(scope: Scope, receive: Callable[[], object], send: Callable[[Message], object]) -> None:
        await EventStream(breaks(error))(scope, receive, send)  # type: ignore[arg-type]

    response = TestClient(app).get("/")
    (_, piece), (name, problem) = read(iter([*response.text.split("\n")][:-1]))
    assert piece == {"text": "一\n二"}
    assert (name, problem["status"]) == ("problem", status)
    assert "secret" not in response.text


def test_a_client_that_goes_away_stops_the_work() -> None:
    made, closed = [], threading.Event()

    def endless() -> Generator[Event, None, None]:
        try:
            while len(made) < 10_000:
                made.append(1)
                yield "text", {"text": "字"}
        finally:
            closed.set()

    async def scene() -> None:
        sent = anyio.Event()

        async def receive() -> Message:
            await sent.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.body" and len(made) > 3:
                sent.set()

        await EventStream(endless())({"type": "http", "method": "POST"}, receive, send)

    anyio.run(scene)
    assert closed.is_set()
    assert len(made) < 10_000


def test_the_answer_in_the_document_is_one(server: str, review: Document) -> None:
    paths = httpx.get(f"{server}/openapi.json").json()["paths"]
    content = paths["/ask"]["post"]["responses"]["200"]["content"]
    shown = content["application/json"]["example"]
    assert set(content) == {"application/json", "text/event-stream"}
    answer = httpx.post(f"{server}/ask", json={"question": shown["question"]}).json()
    assert list(shown) == [name for name, value in answer.items() if value is not None]  # OpenAPI drops null
    (cited,) = shown["citations"]
    assert list(cited) == [name for name, value in answer["citations"][0].items() if value is not None]
    verified = httpx.post(f"{server}/citations/verify", json={"citations": [cited]}).json()["results"]
    assert [one["valid"] for one in verified] == [True]
    assert cited["sha256"] == review.sha256
    completion = paths["/v1/chat/completions"]["post"]["responses"]["200"]["content"]["application/json"]
    assert completion["example"]["chuchu"] == shown
