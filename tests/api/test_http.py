import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from index.document import Document

REVIEW = "karpathy-2025-review.txt"


@pytest.fixture(scope="module")
def client(server: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server) as client:
        yield client


def problem(response: httpx.Response, status: int) -> dict[str, object]:
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, object] = response.json()
    assert {"type", "title", "status", "detail"} <= set(body)
    assert body["status"] == status
    return body


@pytest.mark.parametrize("question", ["什么是氛围编码？", "What is vibe coding?", "什麼是氛圍編碼？"])
def test_ask(client: httpx.Client, review: Document, question: str) -> None:
    answer = client.post("/ask", json={"question": question}).raise_for_status().json()
    assert answer["status"] == "answered"
    assert any("通过自然语言(English)全权指挥 AI 编写程序" in one["quote"] for one in answer["citations"])
    for citation in answer["citations"]:
        path, fragment = citation["url"].split("#char=")
        text = client.get(path).raise_for_status().text
        start, end = map(int, fragment.split(","))
        assert text[start:end] == citation["quote"]
        assert text == review.text


def test_every_citation_verifies(client: httpx.Client) -> None:
    citations = client.post("/ask", json={"question": "RLVR 是什么"}).json()["citations"]
    wrong = {**citations[0], "quote": "不是这一句"}
    answer = client.post("/citations/verify", json={"citations": [*citations, wrong]}).raise_for_status()
    results = answer.json()["results"]
    assert [result["valid"] for result in results] == [True] * len(citations) + [False]
    assert results[-1]["found"] == citations[0]["quote"]


def test_the_cli_and_http_answer_alike(client: httpx.Client, data: Path) -> None:
    from dataclasses import asdict

    from rag.knowledge import KnowledgeBase

    ours = asdict(KnowledgeBase.open(data).ask("RLVR 是什么"))
    theirs = client.post("/ask", json={"question": "RLVR 是什么"}).json()
    assert {**theirs, "timings_ms": 0} == {**ours, "timings_ms": 0}


def test_many_ask_at_once(client: httpx.Client) -> None:
    questions = ["什么是氛围编码？", "RLVR 是什么", "幽灵与动物", "Claude Code 运行在哪里？"]

    def ask(number: int) -> tuple[str, str]:
        question = questions[number % len(questions)]
        answer = client.post("/ask", json={"question": question}, timeout=30).raise_for_status().json()
        return question, answer["answer"]

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(ask, range(64)))
    assert len(answers) == len(questions)


def test_documents(client: httpx.Client, review: Document) -> None:
    (summary,) = client.get("/documents").raise_for_status().json()["documents"]
    assert summary["id"] == REVIEW
    assert summary["sha256"] == review.sha256
    assert summary["about"]["author"] == "Limboy"
    detail = client.get(summary["url"]).raise_for_status().json()
    assert [heading["title"][:4] for heading in detail["outline"]] == ["主题一:", "主题二:", "主题三:"]
    text = client.get(f"{summary['url']}/text").raise_for_status()
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    assert len(text.text) == summary["characters"]


def test_search(client: httpx.Client, review: Document) -> None:
    hits = client.get("/search", params={"q": "幽灵与动物", "k": 3}).raise_for_status().json()["hits"]
    assert len(hits) == 3
    assert all(review.text[hit["start"] : hit["end"]] == hit["text"] for hit in hits)
    among = client.get("/search", params={"q": "幽灵", "document": REVIEW}).raise_for_status().json()["hits"]
    assert {hit["document"] for hit in among} == {REVIEW}


def test_health_and_readiness(client: httpx.Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready", "generation": 1}


def test_abstaining(client: httpx.Client) -> None:
    body = {"question": "什么是氛围编码？", "min_confidence": 1}
    assert client.post("/ask", json=body).json()["status"] == "abstained"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"question": ""}, 422),
        ({"question": "  "}, 422),
        ({"question": "字" * 10_000}, 422),
        ({"question": "\ud800"}, 422),
        ({"question": None}, 422),
        ({"question": ["幽灵"]}, 422),
        ({}, 422),
        ([], 422),
        ({"question": "幽灵", "unknown": 1}, 422),
        ({"question": "幽灵", "min_confidence": 2}, 422),
        ({"question": "幽灵", "documents": ["nope"]}, 404),
        ({"question": "幽灵", "documents": ["\ud800"]}, 404),
        ({"question": "幽灵", "documents": "\ud800"}, 422),
        ({"question": "幽灵", "\ud800": 1}, 422),
    ],
)
def test_bad_questions(client: httpx.Client, body: object, status: int) -> None:
    response = client.post("/ask", content=json.dumps(body), headers={"Content-Type": "application/json"})
    problem(response, status)


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_is_no_json(client: httpx.Client, raw: bytes) -> None:
    response = client.post("/ask", content=raw, headers={"Content-Type": "application/json"})
    problem(response, 422 if raw == b"" else 400)


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("/search", 422),
        ("/search?q=", 422),
        ("/search?q=幽灵&k=0", 422),
        ("/search?q=幽灵&k=1000000000", 422),
        ("/search?q=幽灵&k=x", 422),
        ("/search?q=幽灵&document=nope", 404),
        ("/documents/nope", 404),
        ("/documents/nope/text", 404),
        ("/documents/../../etc/passwd", 404),
        ("/documents/..%2f..%2fetc%2fpasswd", 404),
        ("/nope", 404),
        ("/ask", 405),
    ],
)
def test_bad_addresses(client: httpx.Client, url: str, status: int) -> None:
    problem(client.get(url), status)


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/documents", f"/documents/{REVIEW}/text", "/search?q=幽灵"]
)
def test_head_is_the_head_of_get(client: httpx.Client, path: str) -> None:
    head, get = client.head(path), client.get(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == get.headers["content-type"]
    assert head.headers["content-length"] == get.headers["content-length"]


def test_what_can_only_be_posted_has_no_head(client: httpx.Client) -> None:
    refused = client.head("/ask")
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
    assert client.put("/documents").headers["allow"] == "HEAD, GET, POST"


def test_a_text_that_one_has_is_not_sent_again(client: httpx.Client) -> None:
    etag = client.get(f"/documents/{REVIEW}/text").headers["etag"]
    again = client.get(f"/documents/{REVIEW}/text", headers={"If-None-Match": f'"other", W/{etag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert client.get(f"/documents/{REVIEW}/text", headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "content", "said"),
    [
        ("POST", "/ask", "{}", ["body.question", "没有写"]),
        ("POST", "/ask", '{"question": 5}', ["body.question", "应为字符串", "收到 5"]),
        ("POST", "/ask", '{"question": "幽灵", "top": 1}', ["body.top", "没有这一项"]),
        ("POST", "/ask", '{"question": "幽灵", "min_confidence": NaN}', ["body.min_confidence", "至多为 1"]),
        ("POST", "/ask", '{"question": "幽灵"', ["不是有效的 JSON"]),
        ("POST", "/ask", b'{"question": "\xc3\xce"}', ["UTF-8"]),
        ("POST", "/citations/verify", '{"citations": []}', ["至少有 1 个"]),
        ("POST", "/documents", '{"url": "ftp://a"}', ["body.url", "https://"]),
        ("POST", "/index/rebuild", '{"at_least": ["recall@3=1"]}', ["questions"]),
        ("POST", "/index/rebuild", '{"sources": ["a\\u0000"]}', ["写不下来", "改名"]),
        ("POST", "/index/rebuild", '{"sources": ["\\ud800"]}', ["body.sources.0", "半个字符"]),
        ("GET", "/search?q=幽灵&k=0", "", ["query.k", "至少为 1", '"0"']),
        ("GET", "/search?q=幽灵&k=x", "", ["query.k", "应为整数", '"x"']),
        ("GET", f"/search?q=幽灵&k={'9' * 5000}", "", ["query.k", "应为整数", '"9']),
        ("GET", "/nope", "", ["/nope", "openapi.json"]),
        ("PUT", "/documents", "", ["PUT", "GET, POST"]),
    ],
)
def test_what_is_wrong_is_said_in_chinese(
    client: httpx.Client, method: str, path: str, content: str | bytes, said: list[str]
) -> None:
    headers = {"Content-Type": "application/json"}
    detail = client.request(method, path, content=content, headers=headers).json()["detail"]
    assert all(words in detail for words in said), detail
    assert not re.search(r"[A-Za-z]+ [a-z]+ [a-z]+", detail)


def test_a_body_that_is_not_said_to_be_json(client: httpx.Client) -> None:
    refused = client.post("/ask", content='{"question": "幽灵"}', headers={"Content-Type": "text/plain"})
    assert "Content-Type: application/json" in str(problem(refused, 422)["detail"])


def test_bad_claims(client: httpx.Client) -> None:
    problem(client.post("/citations/verify", json={"citations": []}), 422)
    claim = {"document": REVIEW, "start": 10**30, "end": -1, "quote": ""}
    (result,) = client.post("/citations/verify", json={"citations": [claim]}).json()["results"]
    assert not result["valid"]


def test_openapi_names_its_operations(client: httpx.Client) -> None:
    paths = client.get("/openapi.json").raise_for_status().json()["paths"]
    operations = {one["operationId"] for path in paths.values() for one in path.values()}
    assert operations == {
        "ask", "search", "list_documents", "get_document", "read_document", "verify_citations", "health", "ready",
        "list_jobs", "get_job", "cancel_job", "start_evaluation", "list_evaluations", "get_evaluation",
        "get_index", "list_generations", "get_generation_report", "rebuild_index", "rollback_index", "metrics",
        "map_terms", "list_examples", "add_documents", "list_models", "get_model", "create_chat_completion",
    }  # fmt: skip


def name_a_secret_model(path: Path) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), "model": "/secret/model"}), "utf-8")


@pytest.mark.parametrize("harm", [Path.unlink, name_a_secret_model])
def test_an_index_that_breaks_is_not_ready_and_names_no_folder(
    own_data: Path, harm: Callable[[Path], None]
) -> None:
    """The application itself, for `serve` would not start it on this index."""
    from fastapi.testclient import TestClient

    from api.app import create_app
    from api.settings import Settings

    harm(own_data / "generations" / "1" / "manifest.json")
    with TestClient(create_app(Settings(data=own_data)), base_url="http://localhost") as client:
        assert client.get("/healthz").is_success
        for response in (client.get("/readyz"), client.post("/ask", json={"question": "幽灵"})):
            assert response.status_code == 503
            assert str(own_data) not in response.text
            assert "secret" not in response.text
            assert "chuchu build" in response.json()["detail"]
            assert response.headers["content-type"] == "application/problem+json"


def test_an_unforeseen_error_shows_nothing_of_the_inside(own_data: Path) -> None:
    from fastapi.testclient import TestClient

    from api.app import create_app
    from api.settings import Settings

    app = create_app(Settings(data=own_data))
    with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as client:
        app.state.serving.knowledge.generation = None
        response = client.post("/ask", json={"question": "幽灵"})
    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"
    assert "AttributeError" not in response.text
    assert "Traceback" not in response.text
