"""The log and the metrics of a real server of two workers, with keys."""

import json
import logging
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx
import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from api.app import create_app
from api.log import JsonLines
from api.settings import Settings
from rag.knowledge import KnowledgeBase

Serving = Callable[..., AbstractContextManager[str]]
READING, ADMINISTERING = "reading-key", "administering-key"
KEY = {"Authorization": f"Bearer {READING}"}
ASKED, SEARCHED = "什么是氛围编码？", "幽灵与动物"
TIMES = 12


def samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    families = text_string_to_metric_families(text)
    return {
        (one.name, frozenset(one.labels.items())): one.value for family in families for one in family.samples
    }


def value(text: str, name: str, **labels: str) -> float:
    return samples(text)[name, frozenset(labels.items())]


class Told(NamedTuple):
    """What the server has said."""

    address: str
    statuses: set[int]
    """Of the answers."""
    metrics: list[str]
    """What it showed in `/metrics`, several times."""
    log: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.splitlines() if line.startswith("{")]


@pytest.fixture(scope="module")
def told(data: Path, tmp_path_factory: pytest.TempPathFactory, serve: Serving) -> Told:
    log = tmp_path_factory.mktemp("journal") / "log"
    keys = {"CHUCHU_API_KEY": READING, "CHUCHU_ADMIN_KEY": ADMINISTERING}
    with serve(data, log, "--workers", "2", **keys) as address:

        def ask(number: int) -> int:
            return httpx.post(f"{address}/ask", json={"question": ASKED}, headers=KEY, timeout=60).status_code

        with ThreadPoolExecutor(4) as pool:
            statuses = set(pool.map(ask, range(TIMES)))
        httpx.get(f"{address}/search", params={"q": SEARCHED}, headers={**KEY, "X-Request-ID": "mine-1"})
        httpx.get(f"{address}/documents", headers={"Authorization": "Bearer a-wrong-key"})
        metrics = [httpx.get(f"{address}/metrics", headers=KEY).raise_for_status().text for _ in range(6)]
    return Told(address, statuses, metrics, log.read_text("utf-8"))


def test_workers_share_an_index_and_its_settings(told: Told) -> None:
    assert told.statuses == {200}
    assert f"在浏览器中打开 {told.address}" in told.log


def test_the_workers_count_together(told: Told) -> None:
    for text in told.metrics:
        assert value(text, "chuchu_answers_total", status="answered", mode="extractive") == TIMES
        assert value(text, "chuchu_requests_total", method="POST", route="/ask", status="200") == TIMES
        assert value(text, "chuchu_request_seconds_count", method="POST", route="/ask") == TIMES
        assert value(text, "chuchu_requests_total", method="GET", route="none", status="401") == 1
        for stage in ("retrieve", "rank", "total"):
            assert value(text, "chuchu_stage_seconds_count", stage=stage) == TIMES


def test_the_index_is_measured(told: Told, knowledge: KnowledgeBase, data: Path) -> None:
    files = [path for path in (data / "generations/1").rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files if path.name != "manifest.json")
    for text in told.metrics:
        assert value(text, "chuchu_generation") == 1
        assert value(text, "chuchu_index_bytes") == size
        passages = len(knowledge.generation.contents.passages)
        assert value(text, "chuchu_index_holds", kind="passages") == passages


def test_a_line_for_each_request(told: Told) -> None:
    lines = [line for line in told.lines if line["logger"] == "chuchu.access"]
    asked = [
        line for line in lines if (line["method"], line["path"], line["status"]) == ("POST", "/ask", 200)
    ]
    assert len(asked) == TIMES
    assert len({line["request_id"] for line in asked}) == TIMES
    assert all(line["milliseconds"] > 0 and line["client"] == "127.0.0.1" for line in asked)
    (searched,) = [line for line in lines if line["path"] == "/search"]
    assert searched["request_id"] == "mine-1"
    assert [line["status"] for line in lines if line["path"] == "/documents"] == [401]


def test_no_question_and_no_key_is_logged(told: Told) -> None:
    logged = json.dumps(told.lines, ensure_ascii=False)
    for secret in (ASKED, SEARCHED, quote(SEARCHED), READING, ADMINISTERING, "a-wrong-key"):
        assert secret not in logged


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a-Z.0_9", True),
        ("x" * 64, True),
        ("x" * 65, False),
        ("", False),
        ("a b", False),
        ('"}\x0b{"', False),
        ("<script>", False),
    ],
)
def test_a_request_id_is_kept_if_it_is_sane(data: Path, given: str, kept: bool) -> None:
    app = create_app(Settings(data=data))  # not started, so that it fails
    client = TestClient(app, base_url="http://localhost", raise_server_exceptions=False)
    for path in ("/healthz", "/no/such/route"):
        response = client.get(path, headers={"X-Request-ID": given})
        identity = response.headers["x-request-id"]
        assert (identity == given) == kept
        assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", identity)
        if response.status_code == 404:
            assert response.json()["request_id"] == identity


def test_a_failure_is_logged_with_its_request(own_data: Path, caplog: pytest.LogCaptureFixture) -> None:
    app = create_app(Settings(data=own_data))

    @app.get("/failing")
    def fail() -> None:
        raise RuntimeError("within")

    client = TestClient(app, base_url="http://localhost", raise_server_exceptions=False)
    response = client.get("/failing", headers={"X-Request-ID": "mine-2"})
    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.json()["request_id"] == "mine-2"
    assert "within" not in response.text
    assert "RuntimeError: within" in caplog.text


@pytest.mark.parametrize("message", ["两行\n一行", '"}', "\ud800", "\x1b[2J"])
def test_a_message_is_one_line_of_json(message: str) -> None:
    record = logging.LogRecord("chuchu", logging.INFO, "", 0, "%s", (message,), None)
    line = JsonLines().format(record)
    assert line.isprintable()
    assert json.loads(line)["message"] == message.encode("utf-8", "replace").decode()


@pytest.mark.parametrize("method", ["BREW", "GETGETGETGET"])
def test_a_stranger_makes_no_series(data: Path, method: str) -> None:
    with TestClient(create_app(Settings(data=data)), base_url="http://localhost") as client:
        for number in range(3):
            client.request(method, f"/{number}")
            client.get(f"/documents/{number}")
        found = samples(client.get("/metrics").text)
    routes = {dict(labels).get("route") for _, labels in found} - {None}
    assert routes == {"none", "/documents/{document:path}"}
    assert {dict(labels).get("method") for _, labels in found} - {None} == {"other", "GET"}
