"""Who may do what, asked of every route that there is."""

import re
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from api import server
from api.access import right_for
from api.app import create_app
from api.console import settings_of
from api.settings import Settings
from index.errors import SettingError

Chuchu = Callable[..., subprocess.CompletedProcess[str]]
READING, ADMINISTERING = "reading-key", "administering-key"
OPEN = {"/", "/healthz", "/readyz"}
ASKING = {"/ask", "/citations/verify", "/v1/chat/completions", "/mcp"}


def application(data: Path, **settings: object) -> TestClient:
    app = create_app(Settings(data=data, **settings))  # type: ignore[arg-type]
    return TestClient(app, base_url="http://localhost", raise_server_exceptions=False)


@pytest.fixture(scope="module")
def guarded(data: Path) -> Iterator[TestClient]:
    with application(data, api_key=SecretStr(READING), admin_key=SecretStr(ADMINISTERING)) as client:
        yield client


@pytest.fixture(scope="module")
def unguarded(data: Path) -> Iterator[TestClient]:
    friends = {"hosts": ("Chuchu.example:8000",), "cors_origins": ("https://friend.example/",)}
    with application(data, **friends) as client:
        yield client


def operations(client: TestClient) -> list[tuple[str, str]]:
    """Every method and path of the OpenAPI document, and the paths that it leaves out."""
    schema = client.app.openapi()  # type: ignore[attr-defined]
    listed = [(method.upper(), path) for path, item in schema["paths"].items() for method in item]
    assert len(listed) > 8
    return [*listed, ("GET", "/"), ("GET", "/openapi.json"), ("DELETE", "/mcp"), ("GET", "/no/such/route")]


def needs(method: str, path: str) -> str:
    if method == "GET":
        return "anyone" if path in OPEN else "read"
    return "read" if path in ASKING else "administer"


def status(client: TestClient, method: str, path: str, key: str | None) -> int:
    """Send what no route can carry out, so that only the key decides."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    response = client.request(
        method,
        re.sub(r"{.*?}", "x", path),
        content=b"{",
        headers={"Content-Type": "application/json", **headers},
    )
    if response.status_code >= 400 and path.startswith("/v1/"):
        assert set(response.json()["error"]) == {"message", "type", "param", "code"}
    elif response.status_code >= 400:
        assert response.headers["content-type"] == "application/problem+json"
    if response.status_code == 401:
        assert response.headers["www-authenticate"].startswith("Bearer")
    return response.status_code


@pytest.mark.parametrize(
    ("key", "refused"),
    [
        (None, {"read": 401, "administer": 401}),
        ("wrong-key", {"read": 401, "administer": 401}),
        (READING[:-1], {"read": 401, "administer": 401}),
        (READING + "x", {"read": 401, "administer": 401}),
        (READING, {"administer": 403}),
        (ADMINISTERING, {}),
    ],
)
def test_every_route(guarded: TestClient, key: str | None, refused: dict[str, int]) -> None:
    for method, path in operations(guarded):
        found, expected = status(guarded, method, path, key), refused.get(needs(method, path))
        assert found == expected if expected else found not in (401, 403), (method, path, found)


def test_the_document_says_which_key(guarded: TestClient) -> None:
    schema = guarded.app.openapi()  # type: ignore[attr-defined]
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            right = needs(method.upper(), path)
            assert operation.get("security") == (None if right == "anyone" else [{right: []}])


def test_one_key_alone_administers_too(data: Path) -> None:
    with application(data, api_key=SecretStr(READING)) as client:
        for method, path in operations(client):
            assert status(client, method, path, READING) not in (401, 403)
            assert (status(client, method, path, None) == 401) == (needs(method, path) != "anyone")


def test_an_administering_key_alone_leaves_reading_open(data: Path) -> None:
    with application(data, admin_key=SecretStr(ADMINISTERING)) as client:
        for method, path in operations(client):
            assert (status(client, method, path, None) == 401) == (needs(method, path) == "administer")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"X-API-Key": READING}, 200),
        ({"Authorization": f"bearer  {READING} "}, 200),
        ({"Authorization": READING}, 401),
        ({"Authorization": f"Basic {READING}"}, 401),
        ({"Authorization": "Bearer "}, 401),
        ({"Authorization": "Bearer 密钥".encode()}, 401),
        ({"X-API-Key": b"\xff\x00"}, 401),
    ],
)
def test_how_a_key_is_shown(guarded: TestClient, headers: dict[str, str], expected: int) -> None:
    assert guarded.get("/documents", headers=headers).status_code == expected


@pytest.mark.parametrize(
    "path", ["/ask/", "//ask", "/Ask", "/ask/x", "/mcp/x", "/page", "/../ask", "/ask%00", "*"]
)
@pytest.mark.parametrize("method", ["POST", "PUT", "OPTIONS", "TRACE", "get", "\x00"])
def test_what_is_not_named_needs_the_most(method: str, path: str) -> None:
    assert right_for(method, path) == "administer"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", 200),
        ("LOCALHOST:8000", 200),
        ("a.localhost", 200),
        ("127.0.0.1:8000", 200),
        ("[::1]:8000", 200),
        ("192.168.1.7", 200),
        ("chuchu.example", 200),
        ("evil.example", 421),
        ("localhost.evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("evil.example#localhost", 421),
        ("evil.example@localhost", 200),  # a browser sends no user name
        ("[", 421),
        ("", 421),
    ],
)
def test_a_name_that_was_made_to_lead_here_is_refused(
    unguarded: TestClient, host: str, expected: int
) -> None:
    assert unguarded.get("/documents", headers={"Host": host}).status_code == expected
    assert unguarded.get("/", headers={"Host": host}).status_code == expected


def test_a_server_with_a_key_may_be_called_anything(guarded: TestClient) -> None:
    assert guarded.get("/", headers={"Host": "chuchu.example"}).status_code == 200


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, 200),
        ({"Origin": "http://localhost"}, 200),
        ({"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "https://friend.example", "Sec-Fetch-Site": "cross-site"}, 200),
        ({"Origin": "http://localhost:3000"}, 403),
        ({"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost.evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_another_page_cannot_act(unguarded: TestClient, headers: dict[str, str], expected: int) -> None:
    assert unguarded.post("/ask", json={"question": "幽灵"}, headers=headers).status_code == expected
    assert unguarded.get("/documents", headers=headers).status_code == 200


def test_other_origins_read_nothing_unless_they_are_named(data: Path) -> None:
    ours, theirs = {"Origin": "https://friend.example"}, {"Origin": "https://evil.example"}
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    with application(data) as client:
        assert "access-control-allow-origin" not in client.get("/documents", headers=ours).headers
    key = SecretStr(READING)
    with application(data, api_key=key, cors_origins=("https://friend.example",)) as client:
        assert client.options("/ask", headers={**ours, **asks}).status_code == 200
        refused = client.get("/documents", headers=ours)
        assert refused.status_code == 401
        assert refused.headers["access-control-allow-origin"] == "https://friend.example"
        assert "access-control-allow-origin" not in client.get("/documents", headers=theirs).headers


def test_serving_others_needs_a_key(
    chuchu: Chuchu, chuchu_here: Chuchu, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "run", lambda *_: pytest.fail("it serves"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for run, host in ((chuchu, "0.0.0.0"), (chuchu_here, "::")):
            refused = run("serve", "--host", host, "--port", port, data=data)
            assert refused.returncode == 2
            assert "CHUCHU_API_KEY" in refused.stderr
            assert "--insecure" in refused.stderr
        for key in ("", READING):
            lost = chuchu_here("serve", "--host", "a..b", "--port", port, data=data, CHUCHU_API_KEY=key)
            assert (lost.returncode, "找不到地址 a..b" in lost.stderr) == (2, True)
        # It goes on to what comes next: the port is taken.
        allowed = chuchu_here("serve", "--host", "0.0.0.0", "--port", port, "--insecure", data=data)
        assert "无法监听" in allowed.stderr
        keys = {"CHUCHU_HOST": "0.0.0.0", "CHUCHU_API_KEY": READING}
        assert "无法监听" in chuchu_here("serve", "--port", port, data=data, **keys).stderr


def test_where_nothing_can_be_counted_nothing_is_served(
    chuchu_here: Chuchu, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "run", lambda *_: pytest.fail("it serves"))
    (tmp_path / "file").touch()
    counting = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "file")}
    refused = chuchu_here("serve", data=data, **counting)
    assert (refused.returncode, "PROMETHEUS_MULTIPROC_DIR" in refused.stderr) == (2, True)


@pytest.mark.parametrize("key", ["shorter", "密钥密钥密钥密钥密钥", "with blanks in it", "with\nline end"])
def test_a_key_that_cannot_be_one(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("CHUCHU_API_KEY", key)
    with pytest.raises(SettingError, match="CHUCHU_API_KEY") as caught:
        settings_of()
    assert key not in str(caught.value)
    assert key not in str(caught.value.__cause__)


def test_a_blank_key_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHUCHU_API_KEY", "")
    assert settings_of().api_key is None
