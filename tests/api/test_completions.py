"""OpenAI's own client talks to a live server."""

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import anyio
import httpx
import openai
import pytest
from model_server import Model, Turn
from openai import AsyncOpenAI, OpenAI

from index.document import Document

Serving = Callable[..., AbstractContextManager[str]]
QUESTION = [{"role": "user", "content": "什么是氛围编码？"}]
TRUE = "他可以用氛围编码在几分钟内写出一个高效的 BPE 分词器。"


@pytest.fixture(scope="module")
def client(server: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{server}/v1", api_key="none", max_retries=0) as client:
        yield client


def whole(address: str, question: str) -> dict[str, object]:
    answer: dict[str, object] = httpx.post(f"{address}/ask", json={"question": question}).json()
    return answer | {"timings_ms": 0}


def test_models(client: OpenAI) -> None:
    assert [(one.id, one.object) for one in client.models.list()] == [("chuchu", "model")]
    assert client.models.retrieve("chuchu").created > 1_700_000_000


def test_a_completion(client: OpenAI, server: str, review: Document) -> None:
    completion = client.chat.completions.create(model="chuchu", messages=QUESTION, temperature=0.3)  # type: ignore[arg-type]
    answer = whole(server, "什么是氛围编码？")
    assert completion.chuchu | {"timings_ms": 0} == answer  # type: ignore[attr-defined]
    (choice,) = completion.choices
    assert (choice.finish_reason, choice.message.role) == ("stop", "assistant")
    text, _, notes = (choice.message.content or "").partition("\n\n")
    assert text == answer["answer"]
    for citation, note in zip(answer["citations"], notes.splitlines(), strict=True):  # type: ignore[call-overload]
        assert note.startswith(f"[{citation['number']}] 2025 LLM Year in Review ")
        url, _, span = note.partition("<")[2].rstrip(">").partition("#char=")
        start, end = map(int, span.split(","))
        assert httpx.get(url).text[start:end] == citation["quote"] == review.text[start:end]


def test_what_is_null_is_not_set(server: str) -> None:
    body = {"messages": QUESTION, "stream": None, "stream_options": None}
    answered = httpx.post(f"{server}/v1/chat/completions", json=body).raise_for_status().json()
    assert answered["object"] == "chat.completion"


def test_a_stream_is_the_completion(client: OpenAI) -> None:
    completion = client.chat.completions.create(model="chuchu", messages=QUESTION)  # type: ignore[arg-type]
    chunks = list(
        client.chat.completions.create(
            model="chuchu",
            messages=QUESTION,  # type: ignore[arg-type]
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    *_, last, usage = chunks
    assert len({chunk.id for chunk in chunks}) == 1
    text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    assert text == completion.choices[0].message.content
    assert chunks[0].choices[0].delta.role == "assistant"
    assert last.choices[0].finish_reason == "stop"
    assert last.chuchu | {"timings_ms": 0} == completion.chuchu | {"timings_ms": 0}  # type: ignore[attr-defined]
    assert usage.choices == []
    assert usage.usage is not None


def test_the_helper_for_streams_and_the_asynchronous_client(server: str, client: OpenAI) -> None:
    completion = client.chat.completions.create(model="chuchu", messages=QUESTION)  # type: ignore[arg-type]

    async def both() -> tuple[str | None, str | None]:
        async with AsyncOpenAI(base_url=f"{server}/v1", api_key="none", max_retries=0) as asynchronous:
            done = await asynchronous.chat.completions.create(model="chuchu", messages=QUESTION)  # type: ignore[arg-type]
            async with asynchronous.chat.completions.stream(model="chuchu", messages=QUESTION) as stream:  # type: ignore[arg-type]
                final = await stream.get_final_completion()
        return done.choices[0].message.content, final.choices[0].message.content

    assert set(anyio.run(both)) == {completion.choices[0].message.content}


def test_a_follow_up_leans_on_the_conversation(client: OpenAI) -> None:
    completion = client.chat.completions.create(
        model="chuchu",
        messages=[
            {"role": "system", "content": "你是海盗。"},
            {"role": "user", "content": [{"type": "text", "text": "什么是氛围编码？"}]},
            {"role": "assistant", "content": "……"},
            {"role": "user", "content": "它是谁创造的？"},
        ],
    )
    assert completion.chuchu["question"] == "氛围编码：它是谁创造的？"  # type: ignore[attr-defined]
    assert "Karpathy 创造" in (completion.choices[0].message.content or "")


def test_an_abstention(client: OpenAI) -> None:
    completion = client.chat.completions.create(
        model="chuchu", messages=[{"role": "user", "content": "今天北京天气怎么样？"}]
    )
    assert (completion.choices[0].message.content or "").startswith("文中没有")
    assert completion.chuchu["status"] == "abstained"  # type: ignore[attr-defined]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"messages": [{"role": "user", "content": ""}]}, openai.UnprocessableEntityError),
        ({"messages": [{"role": "assistant", "content": "问"}]}, openai.UnprocessableEntityError),
        ({"messages": []}, openai.UnprocessableEntityError),
        ({"messages": [{"role": "nobody", "content": "问"}]}, openai.UnprocessableEntityError),
        ({"model": "gpt-4o"}, openai.NotFoundError),
    ],
)
def test_mistakes(
    client: OpenAI, body: dict[str, object], error: type[openai.APIStatusError], stream: bool
) -> None:
    with pytest.raises(error) as raised:
        client.chat.completions.create(**{"model": "chuchu", "messages": QUESTION, "stream": stream, **body})  # type: ignore[call-overload]
    assert isinstance(raised.value.body, dict)
    assert set(raised.value.body) >= {"message", "type", "param", "code"}
    assert raised.value.body["type"] == "invalid_request_error"


def test_a_model_behind_every_door(
    own_data: Path, tmp_path: Path, serve: Serving, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHUCHU_LLM_BASE_URL", model.address)
    monkeypatch.setenv("CHUCHU_LLM_MODEL", "模型")
    monkeypatch.setenv("CHUCHU_LLM_API_KEY", "sk-secret")
    with (
        serve(own_data, tmp_path / "log") as address,
        OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0) as client,
    ):
        model.writes(f"{TRUE}[{{2}}][9]")
        answer = whole(address, "什么是氛围编码？")
        assert (answer["mode"], answer["answer"]) == ("llm", f"{TRUE}[3]")
        completion = client.chat.completions.create(model="chuchu", messages=QUESTION)  # type: ignore[arg-type]
        content = completion.choices[0].message.content or ""
        assert content.startswith(f"{TRUE}[3]\n\n[1] ")
        assert "写出一个高效的 BPE 分词器" in content.partition("[3] ")[2]
        model.script = cut
        assert streamed(client).partition("原文。）\n\n")[0].startswith(f"{TRUE}[3]\n\n（以上作废")
        with httpx.stream(
            "POST",
            f"{address}/ask",
            json={"question": "什么是氛围编码？"},
            headers={"Accept": "text/event-stream"},
        ) as response:
            lines = [
                line
                for line in response.iter_lines()
                if line.startswith(("event: withdraw", "event: answer"))
            ]
            assert lines == ["event: withdraw", "event: answer"]
        assert whole(address, "什么是氛围编码？")["mode"] == "extractive-fallback"
        model.script = endless
        body = {"model": "chuchu", "messages": QUESTION, "stream": True}
        with httpx.stream("POST", f"{address}/v1/chat/completions", json=body) as response:
            next(response.iter_lines())
        assert model.left.wait(30), "the client went away, and the model was still read"
    assert "sk-secret" not in (tmp_path / "log").read_text("utf-8")


def cut(keys: list[str], turn: Turn) -> None:
    turn.begin()
    turn.say(f"{TRUE}[{keys[2]}]{TRUE}")
    turn.close_connection = True


def endless(keys: list[str], turn: Turn) -> None:
    turn.begin()
    for _ in range(1_000_000):
        turn.say(f"{TRUE}[{keys[2]}]")


def test_the_command_line_says_who_wrote(
    chuchu_here: Callable[..., subprocess.CompletedProcess[str]], data: Path, model: Model
) -> None:
    settings = {
        "CHUCHU_LLM_BASE_URL": model.address,
        "CHUCHU_LLM_MODEL": "模型",
        "CHUCHU_LLM_API_KEY": "sk-secret",
    }
    model.writes(f"{TRUE}[{{2}}]这是张三在 1999 年发明的。[{{2}}]")
    shown = chuchu_here("ask", "什么是氛围编码？", data=data, **settings)
    assert f"{TRUE}[3]" in shown.stdout
    assert "由语言模型 模型 撰写；2 句中 1 句有原文支持" in shown.stdout
    model.script = lambda _, turn: turn.fail(429)
    failed = chuchu_here("ask", "什么是氛围编码？", data=data, **settings)
    assert "语言模型 模型 请求过多（429），以上是原文" in failed.stdout
    assert failed.returncode == 0
    assert "sk-secret" not in failed.stdout + failed.stderr


@pytest.mark.parametrize(
    ("words", "settings"),
    [
        (["ask", "幽灵"], {"CHUCHU_LLM_MODEL": "m"}),
        (["serve"], {"CHUCHU_LLM_BASE_URL": "ftp://x", "CHUCHU_LLM_MODEL": "m"}),
        (["mcp"], {"CHUCHU_LLM_BASE_URL": "http://x"}),
    ],
    ids=str,
)
def test_half_a_model_is_a_mistake(
    chuchu: Callable[..., subprocess.CompletedProcess[str]],
    data: Path,
    words: list[str],
    settings: dict[str, str],
) -> None:
    done = chuchu(*words, data=data, **settings)
    assert (done.returncode, done.stdout) == (2, "")
    assert "CHUCHU_LLM_BASE_URL" in done.stderr


def streamed(client: OpenAI) -> str:
    chunks = client.chat.completions.create(model="chuchu", messages=QUESTION, stream=True)  # type: ignore[arg-type]
    return "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)


def test_a_failure_on_the_way_is_one_for_the_client(own_data: Path) -> None:
    from fastapi.testclient import TestClient

    from api.app import create_app
    from api.settings import Settings

    app = create_app(Settings(data=own_data))
    body = {"model": "chuchu", "messages": QUESTION, "stream": True}
    with TestClient(app, base_url="http://localhost") as client:

        class Breaks:
            def write(self, *_: object) -> Iterator[object]:
                raise RuntimeError("/secret")
                yield

        app.state.serving.knowledge._writer = Breaks()
        *_, last = client.post("/v1/chat/completions", json=body).text.strip().split("\n\n")
    error = json.loads(last.removeprefix("data: "))["error"]
    assert error["type"] == "server_error"
    assert "secret" not in last
