"""A language model behind a real HTTP server that speaks OpenAI's protocol, and does as it is told."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Say = Callable[[str], None]
Script = Callable[[list[str], "Turn"], None]
"""Is given the keys that the model may cite."""


class Turn(BaseHTTPRequestHandler):
    """One request: scripts answer it with these methods."""

    protocol_version = "HTTP/1.1"
    model: "Model"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.model.requests.append((self.path, dict(self.headers), body))
        quotes = json.loads(body["messages"][-1]["content"])["quotes"]
        try:
            self.model.script([quote["key"] for quote in quotes], self)
        except (BrokenPipeError, ConnectionResetError):
            self.model.left.set()
        self.close_connection = True

    def fail(self, status: int, body: bytes = b'{"error": {"message": "no, not with sk-secret"}}') -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def begin(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def raw(self, text: str) -> None:
        data = text.encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def say(self, text: str, finish: str | None = None) -> None:
        choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
        chunk = {
            "id": "1",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": "m",
            "choices": [choice],
        }
        self.raw(f"data: {json.dumps(chunk)}\n\n")

    def end(self, finish: str = "stop") -> None:
        self.say("", finish)
        self.raw("data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_: Any) -> None:
        pass


class Model:
    """What the server was asked, and what it is to do."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.requests: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.left = threading.Event()
        """Set when a client has gone away in the middle."""
        self.script: Script = lambda keys, turn: turn.fail(500)

    def writes(self, text: str, size: int = 1) -> None:
        """Have it stream ``text`` in pieces; {0} stands for the first key."""

        def script(keys: list[str], turn: Turn) -> None:
            written = text.format(*keys)
            turn.begin()
            for at in range(0, len(written), size):
                turn.say(written[at : at + size])
            turn.end()

        self.script = script


@contextmanager
def serving_model() -> Iterator[Model]:
    """Serve a model on a free port."""
    turn = type("Turn", (Turn,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), turn)
    server.daemon_threads = True
    model = turn.model = Model(f"http://127.0.0.1:{server.server_port}/v1")  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield model
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
