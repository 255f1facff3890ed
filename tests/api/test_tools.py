"""The official MCP client uses the tools, over HTTP and over standard input and output."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from fastapi.testclient import TestClient
from mcp import Client, StdioServerParameters

from api.app import create_app
from api.settings import Settings
from index.document import Document

REVIEW = "karpathy-2025-review.txt"
QUESTION = {"question": "什么是氛围编码？"}
CHUCHU = ["-c", "from api.cli import main; main()"]


def over_http(server: str, mode: str) -> Client:
    return Client(f"{server}/mcp", mode=mode)


def over_stdio(data: Path) -> Client:
    return Client(StdioServerParameters(command=sys.executable, args=[*CHUCHU, "mcp", "--data", str(data)]))


async def call(client: Client, tool: str, **arguments: object) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result
    structured = result.structured_content
    assert isinstance(structured, dict)
    assert json.loads(result.content[0].text) == structured  # type: ignore[union-attr]
    return structured


async def uses_every_tool(client: Client, review: Document) -> None:
    listed = (await client.list_tools()).tools
    assert {tool.name for tool in listed} == {"ask", "search", "read_document"}
    assert all(tool.description and tool.output_schema for tool in listed)
    assert all(tool.annotations and tool.annotations.read_only_hint for tool in listed)
    answer = await call(client, "ask", question="什么是氛围编码？")
    assert (answer["status"], answer["mode"]) == ("answered", "extractive")
    for citation in answer["citations"]:
        size = citation["end"] - citation["start"]
        part = await call(
            client, "read_document", document=citation["document"], start=citation["start"], characters=size
        )
        assert part["text"] == citation["quote"]
        assert (part["sha256"], part["characters"]) == (review.sha256, len(review.text))
        assert part["heading"] == citation["heading"]
    found = await call(client, "search", question="幽灵", k=2)
    assert [review.text[hit["start"] : hit["end"]] for hit in found["hits"]] == [
        hit["text"] for hit in found["hits"]
    ]
    assert len(found["hits"]) == 2
    assert (await call(client, "ask", question="今天北京天气怎么样？"))["status"] == "abstained"
    await refuses(client)


async def refuses(client: Client) -> None:
    for tool, arguments, said in (
        ("ask", {"question": ""}, "问题是空的"),
        ("ask", {"question": "幽灵", "documents": ["nope"]}, "nope"),
        ("search", {"question": "幽灵", "k": 0}, "k"),
        ("read_document", {"document": "nope"}, "nope"),
        ("read_document", {"document": "../../etc/passwd"}, "没有文档"),
        ("read_document", {"document": REVIEW, "start": 10**9}, str(10**9)),
        ("read_document", {"document": REVIEW, "characters": 10**9}, "characters"),
    ):
        result = await client.call_tool(tool, arguments)
        assert result.is_error
        assert said in result.content[0].text  # type: ignore[union-attr]


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_over_http(server: str, review: Document, mode: str) -> None:
    async def scene() -> None:
        async with over_http(server, mode) as client:
            await uses_every_tool(client, review)

    anyio.run(scene)


def test_over_stdio(data: Path, review: Document) -> None:
    async def scene() -> None:
        async with over_stdio(data) as client:
            await uses_every_tool(client, review)

    anyio.run(scene)


def test_the_doors_answer_alike(server: str) -> None:
    async def scene() -> dict[str, Any]:
        async with over_http(server, "auto") as client:
            return await call(client, "ask", **QUESTION)

    theirs = httpx.post(f"{server}/ask", json=QUESTION).json()
    assert anyio.run(scene) | {"timings_ms": 0} == theirs | {"timings_ms": 0}


def test_what_is_no_mcp_is_refused(server: str) -> None:
    for response in (
        httpx.post(f"{server}/mcp", content=b"{"),
        httpx.post(f"{server}/mcp", json={}),
        httpx.get(f"{server}/mcp"),
        httpx.delete(f"{server}/mcp"),
    ):
        assert 400 <= response.status_code < 500, response.text
        assert "Traceback" not in response.text


def test_a_damaged_index_is_told_on_stderr(own_data: Path, chuchu: Callable[..., Any]) -> None:
    (own_data / "generations" / "1" / "vectors.npy").unlink()
    done = chuchu("mcp", data=own_data)
    assert (done.returncode, done.stdout) == (1, "")
    assert "vectors.npy" in done.stderr


def test_a_broken_index_shows_no_folder(own_data: Path) -> None:
    (own_data / "generations" / "1" / "vectors.npy").unlink()
    message = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "ask", "arguments": QUESTION},
    }
    headers = {"Accept": "application/json, text/event-stream"}
    with TestClient(create_app(Settings(data=own_data)), base_url="http://localhost") as client:
        result = client.post("/mcp", json=message, headers=headers).json()["result"]
    assert result["isError"]
    assert "chuchu build" in result["content"][0]["text"]
    assert str(own_data) not in json.dumps(result)
