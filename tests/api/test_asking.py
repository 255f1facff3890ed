"""A question is answered where it arrives, or in a thread."""

import threading
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

import rag.knowledge
from api.app import create_app
from api.settings import Settings
from rag.answer import Answer
from rag.knowledge import KnowledgeBase

QUESTION = {"question": "什么是氛围编码？"}


@pytest.mark.parametrize(("passages", "here"), [(10_000, True), (0, False)])
def test_only_a_slow_answer_is_given_by_a_thread(
    data: Path, passages: int, here: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = set[int]()
    ask = KnowledgeBase.ask

    def asked(self: KnowledgeBase, *arguments: object) -> Answer:
        seen.add(threading.get_ident())
        return ask(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(rag.knowledge, "QUICK", passages)
    monkeypatch.setattr(KnowledgeBase, "ask", asked)
    app = create_app(Settings(data=data))

    @app.get("/loop")
    async def loop() -> None:
        seen.add(threading.get_ident())

    with TestClient(app, base_url="http://localhost") as client:
        client.get("/loop").raise_for_status()
        answer = client.post("/ask", json=QUESTION).raise_for_status().json()
        again = client.post("/ask", json=QUESTION | {"documents": None}).json()
    assert (len(seen) == 1) == here
    assert {**answer, "timings_ms": None} == {**again, "timings_ms": None}
    assert answer["status"] == "answered"
