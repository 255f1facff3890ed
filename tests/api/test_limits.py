"""Too large, too slow, too many: on real sockets, before the real application."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from pydantic import ByteSize, SecretStr

from api import server
from api.app import create_app
from api.settings import Settings

MOST = 4096
UPLOAD = 2**17


Running = Callable[[FastAPI], AbstractContextManager[int]]


def eventually(holds: Callable[[], bool]) -> None:
    for _ in range(600):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("it never came to be")


@pytest.fixture(scope="module")
def port(data: Path, running: Running) -> Iterator[int]:
    limits = {
        "max_body": ByteSize(MOST),
        "max_upload": ByteSize(UPLOAD),
        "max_requests": 2,
        "body_seconds": 1,
    }
    with running(create_app(Settings(data=data, **limits))) as port:  # type: ignore[arg-type]
        yield port


@contextmanager
def connection(port: int, head: str, body: bytes = b"") -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), 30) as one:
        one.sendall(f"{head}\r\nHost: localhost\r\nContent-Type: application/json\r\n\r\n".encode() + body)
        yield one


def everything(one: socket.socket) -> bytes:
    """Read to the end of a connection."""
    raw = b""
    with suppress(ConnectionResetError):
        while received := one.recv(65536):
            raw += received
    return raw


def answer(one: socket.socket) -> tuple[int, dict[str, object]]:
    """Read a response, and the end of the connection after it."""
    head, _, body = everything(one).partition(b"\r\n\r\n")
    assert b"application/problem+json" in head
    status, problem = int(head.split()[1]), json.loads(body)
    assert problem["status"] == status
    return status, problem


def asking(size: int) -> bytes:
    body = b'{"question": "RLVR"}'
    return body + b" " * (size - len(body))


def chunked(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), 1000):
        yield body[start : start + 1000]


@pytest.mark.parametrize(
    ("size", "status"), [(MOST, 200), (MOST + 1, 413), (10 * MOST, 413), (200 * MOST, 413)]
)
def test_a_body_too_large(port: int, size: int, status: int) -> None:
    for content in (asking(size), chunked(asking(size))):
        response = httpx.post(
            f"http://127.0.0.1:{port}/ask", content=content, headers={"Content-Type": "application/json"}
        )
        assert response.status_code == status
        if status == 413:
            assert response.headers["content-type"] == "application/problem+json"
            assert response.json()["type"] == "urn:chuchu:BodyTooLarge"
            assert response.json()["request_id"] == response.headers["x-request-id"]


def test_a_body_declared_too_large_is_not_waited_for(port: int) -> None:
    with connection(port, f"POST /ask HTTP/1.1\r\nContent-Length: {MOST + 1}") as one:
        assert answer(one)[0] == 413


def test_an_endless_body_is_cut_off(port: int) -> None:
    """To a route that does not read it, too."""
    for path in ("/ask", "/no/such/route", "/healthz"):
        with connection(port, f"POST {path} HTTP/1.1\r\nTransfer-Encoding: chunked") as one:
            try:
                for _ in range(2000):
                    one.sendall(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
            except (BrokenPipeError, ConnectionResetError):
                continue
            raise AssertionError("131 MB were taken")


def test_adding_documents_may_send_more(port: int) -> None:
    url = f"http://127.0.0.1:{port}/documents"
    assert httpx.post(url, content=asking(UPLOAD)).status_code != 413
    assert httpx.post(url, content=asking(UPLOAD + 1)).status_code == 413


@pytest.mark.parametrize("head", ["Content-Length: 100", "Transfer-Encoding: chunked"])
def test_a_body_too_slow(port: int, head: str) -> None:
    with connection(port, f"POST /ask HTTP/1.1\r\n{head}") as one:
        status, problem = answer(one)
    assert status == 408
    assert problem["type"] == "urn:chuchu:BodyTooSlow"


def test_a_refusal_reaches_a_client_that_still_writes(port: int) -> None:
    with connection(port, "POST /no/such/route HTTP/1.1\r\nContent-Length: 20") as one:
        one.sendall(b"x" * 10)
        assert answer(one)[0] == 404


def test_no_body_is_asked_for_that_is_not_wanted(port: int) -> None:
    with connection(
        port, "POST /no/such/route HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 20"
    ) as one:
        assert answer(one)[0] == 404


def blocking(data: Path, **settings: object) -> tuple[FastAPI, threading.Event, threading.Event]:
    """The application with a route that is at work from the first event to the second."""
    app = create_app(Settings(data=data, **settings))  # type: ignore[arg-type]
    begun, done = threading.Event(), threading.Event()

    @app.get("/blocking")
    def block() -> None:
        begun.set()
        assert done.wait(60)

    return app, begun, done


def test_one_request_too_many(data: Path, running: Running) -> None:
    app, begun, done = blocking(data, max_requests=1)
    with running(app) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        worker = threading.Thread(target=lambda: httpx.get(f"http://127.0.0.1:{port}/blocking", timeout=90))
        worker.start()
        try:
            assert begun.wait(60)
            refused = client.get("/documents")
            assert refused.status_code == 429
            assert refused.json()["type"] == "urn:chuchu:TooManyRequests"
            assert int(refused.headers["retry-after"]) > 0
            for watching in ("/healthz", "/readyz", "/metrics"):
                assert client.get(watching).status_code == 200
        finally:
            done.set()
            worker.join(60)
        eventually(lambda: client.get("/documents").status_code == 200)


def test_an_answer_too_slow(data: Path, running: Running) -> None:
    app, begun, done = blocking(data, max_requests=1, answer_seconds=0.2)
    with running(app) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        try:
            late = client.get("/blocking")
            assert begun.wait(60)
            assert late.status_code == 504
            assert late.json()["type"] == "urn:chuchu:AnswerTooSlow"
            # Its thread is still at work, and so is its place taken.
            assert client.get("/documents").status_code == 429
        finally:
            done.set()
        eventually(lambda: client.get("/documents").status_code == 200)


def test_a_slow_client_is_not_a_slow_answer(data: Path, running: Running) -> None:
    app = create_app(Settings(data=data, answer_seconds=1))
    body = b"{"
    with running(app) as port:
        head = f"POST /ask HTTP/1.1\r\nConnection: close\r\nContent-Length: {len(body)}"
        with connection(port, head) as one:
            time.sleep(1.5)
            one.sendall(body)
            assert one.recv(12) == b"HTTP/1.1 400"


def test_a_client_that_says_nothing_is_left(
    data: Path, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_HEAD_SECONDS", 0.3)
    with running(create_app(Settings(data=data))) as port:
        for said in (b"", b"GET /heal", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /hea"):
            with socket.create_connection(("127.0.0.1", port), 30) as one:
                one.sendall(said)
                assert everything(one).startswith(b"HTTP/1.1 200") == (len(said) > 10)


@pytest.mark.parametrize(
    "nonsense",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET /\xe9 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 20_000,
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: \x00\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"POST /ask HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST /ask HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /ask HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n",
        b"POST /ask HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n",
    ],
)
def test_what_is_no_http(port: int, nonsense: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), 30) as one:
        one.sendall(nonsense)
        assert answer(one)[0] in (400, 501)


def test_requests_may_follow_each_other_at_once(port: int) -> None:
    one = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
    with socket.create_connection(("127.0.0.1", port), 30) as client:
        client.sendall(2 * (one + b"\r\n") + one + b"Connection: close\r\n\r\n")
        assert everything(client).count(b"HTTP/1.1 200") == 3


def test_an_offer_of_another_protocol_is_not_taken(port: int) -> None:
    """Java's client makes it with each request; httptools would lose the body after it."""
    upgrade = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAA\r\n"
    body = asking(50)
    head = (
        b"POST /ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 50\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), 30) as client:
        client.sendall(head + upgrade + b"\r\n" + body)
        assert client.recv(12) == b"HTTP/1.1 200"


def test_a_body_of_two_lengths_is_one_request(port: int) -> None:
    """Smuggling: what one server takes for the body, another may take for the next request."""
    smuggled = b"0\r\n\r\nGET /documents HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with connection(
        port, f"POST /ask HTTP/1.1\r\nContent-Length: {len(smuggled)}\r\nTransfer-Encoding: chunked", smuggled
    ) as one:
        assert answer(one)[0] == 400


def test_no_body_is_read_without_the_key(data: Path, running: Running) -> None:
    app = create_app(Settings(data=data, api_key=SecretStr("reading-key")))
    with running(app) as port, connection(port, "POST /ask HTTP/1.1\r\nContent-Length: 1000000") as one:
        assert answer(one)[0] == 401
