"""What documents, titles, questions and file names say stays text, and a path leads nowhere else."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from rag.knowledge import rebuild

SCRIPTS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)>',
    "javascript:alert(1)",
    "</title><iframe src=x>",
    "{{7*7}}${7*7}",
]
TEXT = "".join(f"幽灵第{number}句是{script}。\n" for number, script in enumerate(SCRIPTS))
NAME = "<img src=x onerror=alert(1)> \"'.md"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inert")
    (folder / "documents").mkdir()
    (folder / "documents" / NAME).write_text(f"# {SCRIPTS[0]}\n\n{TEXT}", "utf-8")
    records = [{"_id": script, "title": script, "text": TEXT} for script in SCRIPTS]
    lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    (folder / "documents" / "scripts.jsonl").write_text(lines, "utf-8")
    (folder / "secret.txt").write_text("绝密", "utf-8")
    rebuild(folder / "data", [folder / "documents"])
    return folder


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(data=folder / "data")), base_url="http://localhost") as client:
        yield client


def assert_inert(response: httpx.Response) -> None:
    assert response.headers["content-type"].partition(";")[0] in {
        "application/json",
        "application/problem+json",
        "text/plain",
        "text/event-stream",
    }
    assert response.headers["x-content-type-options"] == "nosniff"
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "script" not in policy
    assert response.headers["x-frame-options"] == "DENY"


def test_documents_are_text(client: TestClient) -> None:
    documents = client.get("/documents").json()["documents"]
    assert {document["id"] for document in documents} == {NAME, *SCRIPTS}
    for document in documents:
        for url in (document["url"], f"{document['url']}/text"):
            for accept in ("*/*", "text/html"):
                response = client.get(url, headers={"Accept": accept})
                assert response.status_code == 200
                assert_inert(response)
        assert all(script in client.get(f"{document['url']}/text").text for script in SCRIPTS)


@pytest.mark.parametrize("script", SCRIPTS)
def test_what_is_asked_comes_back_as_text(client: TestClient, script: str) -> None:
    for accept in ("*/*", "text/html", "text/event-stream"):
        for response in (
            client.post("/ask", json={"question": f"幽灵{script}"}, headers={"Accept": accept}),
            client.get("/search", params={"q": f"幽灵{script}"}, headers={"Accept": accept}),
            client.get("/search", params={"q": "幽灵", "document": f"{script}/"}, headers={"Accept": accept}),
            client.get("/search", params={"q": "幽灵", "k": script}, headers={"Accept": accept}),
            client.get(f"/{quote(script, safe='')}", headers={"Accept": accept}),
            client.get(f"/jobs/{quote(script)}", headers={"Accept": accept}),
        ):
            assert_inert(response)


@pytest.mark.parametrize(
    "route", ["/documents/{}/text", "/documents/{}", "/page/{}", "/jobs/{}", "/evaluations/{}"]
)
@pytest.mark.parametrize(
    "path",
    [
        "../secret.txt", "..%2fsecret.txt", "..%2f..%2fsecret.txt", "%2e%2e/%2e%2e/secret.txt", "..%5csecret.txt",
        "....//secret.txt", "%2fetc%2fpasswd", "/etc/passwd", "..%00/secret.txt", "..%c0%af..%c0%afsecret.txt",
        "%252e%252e%252fsecret.txt", "data/CURRENT", "../CURRENT", "../app.py", "..%2fapp.py", ".%2f..%2fapp.py",
        "9" * 5000,
    ],
)  # fmt: skip
def test_a_path_leads_nowhere_else(client: TestClient, route: str, path: str) -> None:
    response = client.get(route.format(path))
    assert response.status_code in (404, 405, 422), response.text
    assert_inert(response)
    assert "绝密" not in response.text
    assert "root:" not in response.text
