"""Documents that are added over HTTP."""

import io
import re
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ByteSize

from api.app import create_app
from api.settings import Settings
from api.upload import _check_packed, name_for, store
from index.errors import SourceError
from index.lock import building

DOLPHIN = "海豚睡觉时只有半个大脑休息。"
LIMIT = 10_000


@pytest.fixture(scope="module")
def idle(idle_data: Path) -> Iterator[TestClient]:
    """A client of a server that is asked for nothing it would do."""
    with TestClient(
        create_app(Settings(data=idle_data, max_document=ByteSize(LIMIT))), base_url="http://localhost"
    ) as client:
        yield client


@pytest.fixture
def client(own_data: Path) -> Iterator[TestClient]:
    app = create_app(Settings(data=own_data, max_document=ByteSize(LIMIT)))
    with TestClient(app, base_url="http://localhost") as client:
        yield client


def add(client: TestClient, *files: tuple[str, bytes]) -> httpx.Response:
    return client.post("/documents", files=[("files", one) for one in files])


def finished(client: TestClient, begun: httpx.Response) -> dict[str, Any]:
    assert begun.status_code == 202, begun.text
    client.get(begun.headers["location"], headers={"Accept": "text/event-stream"})
    job: dict[str, Any] = client.get(begun.headers["location"]).json()
    assert job["status"] == "succeeded", job
    for _ in range(100):
        if client.get("/readyz").json()["generation"] == job["result"]["generation"]:
            return job
        time.sleep(0.1)
    raise AssertionError(job)


def stored(data: Path) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in (data / "uploads").iterdir()}


def test_what_is_added_can_be_asked_and_replaced(client: TestClient, own_data: Path) -> None:
    job = finished(
        client, add(client, ("../../海豚.txt", DOLPHIN.encode()), ("鲸.md", "鲸吃磷虾。".encode()))
    )
    assert job["result"]["counts"]["documents"] == 3
    assert stored(own_data) == {"海豚.txt": DOLPHIN, "鲸.md": "鲸吃磷虾。"}
    answer = client.post("/ask", json={"question": "海豚怎样睡觉？"}).json()
    assert answer["citations"][0]["document"] == "海豚.txt"
    assert client.get(answer["citations"][0]["url"].split("#")[0]).text == DOLPHIN
    finished(client, add(client, ("海豚.txt", "海豚会发出哨声。".encode())))
    assert client.get("/documents/海豚.txt/text").text == "海豚会发出哨声。"
    assert client.get("/index").json()["sources"] == ["review", "uploads"]


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ([("a.exe", b"x")], "不支持的文件"),
        ([("a", b"x")], "不支持的文件"),
        ([(".txt", b"x")], "不支持的文件"),
        ([("a.zip", b"x")], "不支持的文件"),
        ([("a.meta.json", b"{}")], "不支持的文件"),
        ([("a.txt", b"")], "0 字节"),
        ([("a.txt", b"x" * (LIMIT + 1))], f"{LIMIT + 1} 字节"),
        ([("a.txt", b"x"), ("b/a.txt", b"y")], "都叫 a.txt"),
        ([("好" * 100 + ".txt", b"x")], "请改短"),
        ([("good.txt", DOLPHIN.encode()), ("bad.exe", b"x")], "不支持的文件"),
    ],
)
def test_what_cannot_be_added_changes_nothing(
    idle: TestClient, idle_data: Path, files: list[tuple[str, bytes]], reason: str
) -> None:
    refused = add(idle, *files)
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert reason in refused.json()["detail"]
    assert not any((idle_data / "uploads").glob("*"))
    assert idle.get("/jobs").json() == {"jobs": []}


FORM = "multipart/form-data; boundary="
PART = b'--y\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\nx\r\n'


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"", "application/json", 400),
        (b"{}", "application/json", 422),
        (b'{"url": "file:///etc/passwd"}', "application/json", 422),
        (b'{"url": "x"}', "application/json", 422),
        (b'{"url": "https://example.org", "more": 1}', "application/json", 422),
        (b"x", "multipart/form-data", 400),
        (b"x", f"{FORM}y", 400),
        (b"--y--\r\n", "Multipart/Form-Data; boundary=y", 422),
        (PART % (b"note", b"") + b"--y--\r\n", f"{FORM}y", 400),
        (PART % (b"files", b'; filename="a.txt"') * 1001 + b"--y--\r\n", f"{FORM}y", 400),
    ],
)
def test_requests_that_hold_no_document(idle: TestClient, content: bytes, kind: str, status: int) -> None:
    refused = idle.post("/documents", content=content, headers={"Content-Type": kind})
    assert refused.status_code == status, refused.text
    assert not re.search(r"[A-Za-z]+ [a-z]+ [a-z]+", refused.json()["detail"])
    assert refused.headers["content-type"] == "application/problem+json"
    assert idle.get("/jobs").json() == {"jobs": []}


def test_a_page_that_must_not_be_read_is_no_source(client: TestClient) -> None:
    begun = client.post("/documents", json={"url": "http://127.0.0.1:9/secret"})
    client.get(begun.headers["location"], headers={"Accept": "text/event-stream"})
    job = client.get(begun.headers["location"]).json()
    assert (job["status"], job["problem"]["status"]) == ("failed", 422)
    assert job["problem"]["detail"].startswith("网页 http://127.0.0.1:9/secret 无法收入：")
    assert client.get("/index").json()["sources"] == ["review"]
    assert client.get("/index").json()["generation"] == 1


def test_nothing_is_stored_while_somebody_builds(idle: TestClient, idle_data: Path) -> None:
    with building(idle_data):
        assert add(idle, ("a.txt", b"x")).status_code == 409
    assert not any((idle_data / "uploads").glob("*"))


@given(st.text(max_size=60), st.sampled_from(["", ".txt", ".MD", ".exe"]))
def test_a_name_stays_in_its_folder(given_name: str, suffix: str) -> None:
    try:
        name = name_for(given_name + suffix)
    except SourceError:
        return
    assert Path("/uploads", name).parent == Path("/uploads")
    assert not name.startswith(".")
    assert name.isprintable()
    assert name_for(name) == name
    assert len(name.encode()) <= 200


def test_a_file_that_unpacks_to_too_much(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("word/document.xml", "0" * 1_000_000)
    assert path.stat().st_size < 2000
    with pytest.raises(SourceError, match="展开后有 1000000 字节"):
        _check_packed(path, 999_999)
    _check_packed(path, 1_000_000)
    path.write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(SourceError, match="不是完好的"):
        _check_packed(path, 10)


def test_leftovers_of_a_killed_server_go_away(tmp_path: Path) -> None:
    (tmp_path / "uploads" / ".new-x").mkdir(parents=True)
    (tmp_path / "uploads" / ".new-x" / "half.txt").touch()
    assert store([("a.txt", io.BytesIO(b"x"))], tmp_path, 10) == ["a.txt"]
    assert [path.name for path in (tmp_path / "uploads").iterdir()] == ["a.txt"]
