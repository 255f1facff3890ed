"""Real parts for every test: the bundled review, the bundled model, a real server."""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, redirect_stderr, redirect_stdout
from functools import partial
from io import BytesIO, TextIOWrapper
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Protocol

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from hypothesis import HealthCheck, settings
from model_server import Model, serving_model

from api import cli, console
from api.server import PatientProtocol
from index.cluster import Cluster
from index.document import Document
from index.segmenter import Segmenter
from index.source import BUNDLED, load
from rag.knowledge import KnowledgeBase, rebuild

with warnings.catch_warnings():
    # jieba 0.42.1, which some tests compare with, has invalid escapes in its sources and asks for pkg_resources.
    warnings.simplefilter("ignore")
    import jieba  # noqa: F401

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# Threads that wait for work leave the core to the other worker; a hundred processes do not compile the program anew.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# No test is timed: on a busy machine any takes long.
settings.register_profile("chuchu", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("chuchu")

CHUCHU = [sys.executable, "-c", "from api.cli import main; main()"]
Serving = Callable[..., AbstractContextManager[str]]


@pytest.fixture(scope="session")
def review() -> Document:
    (document,) = (item for item in load([BUNDLED]) if isinstance(item, Document))
    return document


@pytest.fixture(scope="session")
def segmenter() -> Segmenter:
    return Segmenter()


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an index of the bundled review; not to be written to."""
    folder = tmp_path_factory.mktemp("data")
    rebuild(folder)
    return folder


@pytest.fixture
def own_data(data: Path, tmp_path: Path) -> Path:
    """A copy of that folder, to be broken."""
    return Path(shutil.copytree(data, tmp_path / "data"))


@pytest.fixture(scope="module")
def idle_data(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy for a server that is asked for nothing it would do."""
    return Path(shutil.copytree(data, tmp_path_factory.mktemp("idle") / "data"))


@pytest.fixture(scope="session")
def knowledge(data: Path) -> KnowledgeBase:
    return KnowledgeBase.open(data)


@pytest.fixture(scope="session")
def knowledge_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[dict[str, str]], KnowledgeBase]:
    """Index texts, each under its title."""

    def opened(texts: dict[str, str]) -> KnowledgeBase:
        folder = tmp_path_factory.mktemp("titled")
        lines = [json.dumps({"_id": title, "title": title, "text": text}) for title, text in texts.items()]
        (folder / "c.jsonl").write_text("\n".join(lines), "utf-8")
        rebuild(folder / "data", [folder / "c.jsonl"])
        return KnowledgeBase.open(folder / "data")

    return opened


@pytest.fixture(scope="session")
def scratch() -> Callable[[], AbstractContextManager[str]]:
    """Folders that go away, in memory where there is one: a disk may take 0.2 s to remove an index."""
    memory = "/dev/shm"
    return partial(TemporaryDirectory, dir=memory if os.access(memory, os.W_OK) else None)


@pytest.fixture(scope="session")
def files_of() -> Callable[[Path], dict[str, bytes]]:
    """Read all files below a folder but the manifests, which tell when they were written."""

    def read(folder: Path) -> dict[str, bytes]:
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file() and path.name != "manifest.json"
        }

    return read


class Chuchu(Protocol):
    """Runs the command line."""

    def __call__(
        self, *words: str, data: Path | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]: ...


@pytest.fixture(scope="session")
def chuchu() -> Chuchu:
    """In a process of its own, as people do."""

    def run(*words: str, data: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        at = ["--data", str(data)] if data else []
        variables = {**os.environ, "COLUMNS": "200", **environment}
        done = subprocess.run(
            [*CHUCHU, *words, *at], capture_output=True, text=True, timeout=120, check=False, env=variables
        )
        assert "Traceback" not in done.stderr
        return done

    return run


@pytest.fixture
def chuchu_here(monkeypatch: pytest.MonkeyPatch) -> Chuchu:
    """In the process of the tests, which saves the second that a start takes."""

    def run(*words: str, data: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        at = ["--data", str(data)] if data else []
        streams = [TextIOWrapper(BytesIO(), "utf-8", write_through=True) for _ in range(2)]
        with monkeypatch.context() as patch, redirect_stdout(streams[0]), redirect_stderr(streams[1]):
            patch.setattr(sys, "argv", ["chuchu", *words, *at])
            for name, value in {"COLUMNS": "200", **environment}.items():
                patch.setenv(name, value)
            for each in (console.out, console.err):
                each.width = 200  # COLUMNS is read when it is made
            with pytest.raises(SystemExit) as end:
                cli.main()
        stdout, stderr = (one.buffer.getvalue().decode() for one in streams)  # type: ignore[attr-defined]
        return subprocess.CompletedProcess(sys.argv, int(end.value.code or 0), stdout, stderr)

    return run


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def wait_for(address: str, process: subprocess.Popen[bytes]) -> bool:
    """Wait, at most a minute, until a server answers; say whether it does."""
    with httpx.Client(base_url=address) as client:  # one: each reads all certificates
        for _ in range(1200):
            if process.poll() is not None:
                return False
            try:
                return client.get("/healthz").is_success
            except httpx.TransportError:
                time.sleep(0.05)
    return False


@contextmanager
def serving(data: Path, log: Path, *options: str, **environment: str) -> Iterator[str]:
    """Run ``chuchu serve`` and yield its address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    words = [*CHUCHU, "serve", "--port", str(port), "--data", str(data), *options]
    with log.open("wb") as sink:
        process = subprocess.Popen(words, stdout=sink, stderr=sink, env={**os.environ, **environment})
    try:
        assert wait_for(address, process), log.read_text()
        yield address
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="session")
def serve() -> Serving:
    return serving


@contextmanager
def app_running(app: FastAPI) -> Iterator[int]:
    """Serve an application from a thread of the tests, which is quick to start, and yield its port."""
    config = uvicorn.Config(app, port=0, http=PatientProtocol, log_config=None, access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        for _ in range(1200):
            if server.started:
                break
            time.sleep(0.05)
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(20)


@pytest.fixture(scope="session")
def running() -> Callable[[FastAPI], AbstractContextManager[int]]:
    return app_running


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that a user has just started, with no index before."""
    folder = tmp_path_factory.mktemp("server")
    with serving(folder / "data", folder / "log") as address:
        yield address


@pytest.fixture
def model() -> Iterator[Model]:
    """A language model that writes what it is told to."""
    with serving_model() as model:
        yield model


@contextmanager
def milvus_lite(folder: Path, port: int) -> Iterator[str]:
    """Run Milvus Lite on ``folder`` and yield its address."""
    words = ["server", "--data-dir", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    with (folder.parent / "milvus.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "milvus_lite", *words], stdout=log, stderr=log)
    try:
        for _ in range(300):
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, (folder.parent / "milvus.log").read_text()
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait(10)


@pytest.fixture(scope="session")
def milvus_on() -> Callable[[Path, int], AbstractContextManager[str]]:
    return milvus_lite


@pytest.fixture(scope="session")
def milvus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Milvus."""
    with milvus_lite(tmp_path_factory.mktemp("milvus") / "lite", free_port()) as uri:
        yield uri


@pytest.fixture(scope="session")
def cluster(milvus: str) -> Cluster:
    return Cluster(milvus)


REFUSED = "Failed to load resource"  # Chromium itself logs each refused request
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
]  # fmt: skip


@pytest.fixture(scope="module")  # its event loop runs until it is closed, and lets no other begin
def browser() -> "Iterator[Browser]":
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: "Browser") -> "Iterator[Page]":
    """A page that complains of nothing and asks nobody but its server."""
    context = browser.new_context(reduced_motion="reduce")  # no colour is half-way when it is looked at
    page = context.new_page()
    complaints: list[str] = []
    hosts: set[str] = set()
    page.on("console", lambda message: None if REFUSED in message.text else complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: hosts.add(request.url.split("/")[2].split(":")[0]))
    yield page
    context.close()
    assert complaints == []
    assert hosts == {"127.0.0.1"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name != "test_house.py")  # the longest test goes first
    if shutil.which("chromium") is None:
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(
                    pytest.mark.skip("no Chromium; on Debian: apt-get install chromium fonts-wqy-microhei")
                )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if shutil.which("chromium") is None:
        terminalreporter.write_line(
            "The browser tests were left out: there is no Chromium. On Debian: apt-get install chromium fonts-wqy-microhei",
            yellow=True,
        )
