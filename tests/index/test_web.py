"""Pages fetched from a real server on this machine."""

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

import httpcore
import pytest

from index import web
from index.document import Document
from index.errors import SourceError
from index.reader import Problem
from index.source import load
from index.web import fetch

PAGE = "<title>幽灵</title><main><h1>幽灵</h1><p>幽灵住在电脑里。</p></main>".encode("gbk")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        name = self.path.partition("?")[0]
        answers = {
            "/a": (200, {"Content-Type": "text/html; charset=GBK"}, PAGE),
            "/notes.md": (200, {"Content-Type": "application/octet-stream"}, "# 笔记\n好的。".encode()),
            "/picture": (200, {"Content-Type": "image/png"}, b"x"),
            "/loop": (302, {"Location": "/loop"}, b""),
            "/elsewhere": (302, {"Location": f"http://127.0.0.2:{self.server.server_address[1]}/a"}, b""),
            "/file": (302, {"Location": "file:///etc/passwd"}, b""),
            "/to-a": (301, {"Location": "a"}, b""),
            "/to-ghosts": (302, {"Location": "/幽灵".encode().decode("latin-1")}, b""),
            "/to-nowhere": (302, {"Location": "http://[::1"}, b""),
            f"/{quote('幽灵')}": (200, {"Content-Type": "text/plain"}, "幽灵住在电脑里。".encode()),
            "/blob/README.md": (200, {"Content-Type": "text/html; charset=gbk"}, PAGE),
            "/slow": (200, {"Content-Type": "text/plain"}, b""),
            "/large": (200, {"Content-Type": "text/plain"}, b"x" * 5000),
        }
        status, headers, body = answers.get(name, (404, {}, b""))
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)
        while name == "/slow" and not self.server.stopped.is_set():  # type: ignore[attr-defined]
            self.wfile.write(b"x")
            time.sleep(0.05)

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("", 0), Handler)
        self.stopped = threading.Event()

    def handle_error(self, *_: object) -> None:
        pass  # the other side has gone, which is what is tested


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.stopped.set()
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_page_is_a_document(port: int) -> None:
    sources = [f"http://127.0.0.1:{port}/to-a?x=1", f"http://127.0.0.1:{port}/notes.md"]
    page, notes = load(sources, allow_private=True)
    assert isinstance(page, Document)
    assert isinstance(notes, Document)
    assert page.text == "# 幽灵\n\n幽灵住在电脑里。"
    assert page.id == f"127.0.0.1:{port}/to-a?x=1"
    assert page.origin == sources[0]
    assert (notes.id, notes.title) == (f"127.0.0.1:{port}/notes.md", "笔记")


@pytest.mark.parametrize("path", ["幽灵?问=答#章", quote("幽灵?问=答", safe="?="), "to-ghosts"])
def test_an_address_may_be_written_in_chinese(port: int, path: str) -> None:
    (page,) = load([f"http://127.0.0.1:{port}/{path}"], allow_private=True)
    assert isinstance(page, Document), page
    assert page.text == "幽灵住在电脑里。"


def test_a_page_without_a_title_is_called_by_its_readable_name(port: int) -> None:
    (page,) = load([f"http://127.0.0.1:{port}/{quote('幽灵')}"], allow_private=True)
    assert isinstance(page, Document)
    assert page.title == "幽灵"


def test_a_page_about_a_file_is_a_page(port: int) -> None:
    (page,) = load([f"http://127.0.0.1:{port}/blob/README.md"], allow_private=True)
    assert isinstance(page, Document)
    assert (page.title, page.text) == ("幽灵", "# 幽灵\n\n幽灵住在电脑里。")


@pytest.mark.parametrize("address", ["http://[::1/", "http://127.0.0.1:99999/", "http://a..b/", "http://"])
def test_what_is_no_address_is_a_problem(address: str) -> None:
    (problem,) = load([address], allow_private=True)
    assert isinstance(problem, Problem)
    assert "不能从这个网址读取" in problem.reason


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("none", "404"),
        ("picture", "image/png"),
        ("loop", "重定向"),
        ("file", "file:///etc/passwd"),
        ("to-nowhere", "无法取得网页"),
    ],
)
def test_a_page_that_cannot_be_used_is_a_problem(port: int, path: str, named: str) -> None:
    (problem,) = load([f"http://127.0.0.1:{port}/{path}"], allow_private=True)
    assert isinstance(problem, Problem)
    assert named in problem.reason


def test_a_port_where_nobody_listens() -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        with pytest.raises(SourceError, match="无法取得网页"):
            fetch(f"http://127.0.0.1:{one.getsockname()[1]}/", private=True)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]", "2130706433"]
)
def test_this_machine_is_not_read_unless_allowed(port: int, host: str) -> None:
    with pytest.raises(SourceError, match=r"内部地址|无法取得"):
        fetch(f"http://{host}:{port}/a")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("10.0.0.1", False),
        ("172.16.3.4", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("2002:7f00:1::", False),
        ("64:ff9b::7f00:1", False),
        ("8.8.8.8", True),
        ("2606:4700:4700::1111", True),
    ],
)
def test_what_is_public(address: str, public: bool) -> None:
    assert web._is_public(address) == public


def test_each_redirect_is_checked(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "_is_public", lambda address: address == "127.0.0.1")
    assert b"main" in fetch(f"http://127.0.0.1:{port}/a").content
    with pytest.raises(SourceError, match=r"127\.0\.0\.2"):
        fetch(f"http://127.0.0.1:{port}/elsewhere")


def test_a_name_is_resolved_once_and_the_checked_address_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = [[(2, 1, 6, "", ("93.184.216.34", 80))], [(2, 1, 6, "", ("127.0.0.1", 80))]]
    connected = []

    def connect(self: object, host: str, *_: object) -> None:
        connected.append(host)
        raise httpcore.ConnectError("far away")

    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers.pop(0))
    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    with pytest.raises(SourceError, match="far away"):
        fetch("http://rebinding.example/")
    assert connected == ["93.184.216.34"]


def test_one_private_address_among_public_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(2, 1, 6, "", ("93.184.216.34", 80)), (2, 1, 6, "", ("10.0.0.1", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    with pytest.raises(SourceError, match=r"10\.0\.0\.1"):
        fetch("http://both.example/")


def test_a_page_may_be_neither_too_large_nor_too_slow(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "MOST", 4000)
    with pytest.raises(SourceError, match="超过 4000 字节"):
        fetch(f"http://127.0.0.1:{port}/large", private=True)
    monkeypatch.setattr(web, "SECONDS", 0.5)
    with pytest.raises(SourceError, match=r"0\.5 秒"):
        fetch(f"http://127.0.0.1:{port}/slow", private=True)
