"""A server takes up what is published while it runs."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.serving import Serving
from api.settings import Settings
from index.service import generations, point_at
from rag.knowledge import rebuild


@pytest.fixture
def serving(own_data: Path) -> Serving:
    serving = Serving(Settings(data=own_data))
    serving.refresh()
    return serving


@pytest.fixture
def client(own_data: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(data=own_data)), base_url="http://localhost") as client:
        yield client


def eventually(holds: Callable[[], bool]) -> None:
    """Wait for the follower, at most ten seconds."""
    for _ in range(100):
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError


def test_what_is_published_is_served_and_named(client: TestClient, own_data: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("海豚睡觉时只有半个大脑休息。", "utf-8")
    assert client.get("/readyz").json() == {"status": "ready", "generation": 1}
    rebuild(own_data, [tmp_path / "a.txt"])
    eventually(lambda: client.get("/readyz").json()["generation"] == 2)
    answer = client.post("/ask", json={"question": "海豚怎样睡觉？"}).json()
    assert answer["provenance"]["generation"] == 2
    assert answer["citations"][0]["quote"] == "海豚睡觉时只有半个大脑休息。"


def test_who_took_a_knowledge_base_keeps_it(serving: Serving, own_data: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("海豚睡觉时只有半个大脑休息。", "utf-8")
    taken = serving.knowledge
    stream = taken.ask_stream("什么是氛围编码？")
    next(stream)
    rebuild(own_data, [tmp_path / "a.txt"])
    serving.refresh()
    assert serving.knowledge.generation.number == 2
    assert taken.ask("什么是氛围编码？").provenance.generation == 1
    *_, last = stream
    assert last.answer.provenance.generation == 1  # type: ignore[union-attr]


def test_going_back_and_forth(serving: Serving, own_data: Path) -> None:
    rebuild(own_data)
    for number in (1, 2, 1):
        point_at(number, own_data)
        serving.refresh()
        assert serving.knowledge.generation.number == number


def test_nothing_is_opened_again_without_cause(serving: Serving) -> None:
    before = serving.knowledge
    serving.refresh()
    assert serving.knowledge is before


def test_a_new_generation_that_is_damaged_leaves_the_old_in_service(
    client: TestClient, own_data: Path
) -> None:
    rebuild(own_data)
    eventually(lambda: client.get("/readyz").json()["generation"] == 2)
    vectors = own_data / "generations" / "1" / "vectors.npy"
    vectors.write_bytes(vectors.read_bytes()[:-1])
    point_at(1, own_data)
    eventually(lambda: "warning" in client.get("/readyz").json())
    assert client.get("/readyz").json()["generation"] == 2
    assert str(own_data) not in client.get("/readyz").text
    assert client.post("/ask", json={"question": "幽灵"}).json()["provenance"]["generation"] == 2
    point_at(2, own_data)
    eventually(lambda: client.get("/readyz").json() == {"status": "ready", "generation": 2})


def test_a_server_that_starts_on_a_damaged_generation_answers_from_the_one_before(own_data: Path) -> None:
    rebuild(own_data)
    (generations(own_data) / "2" / "vectors.npy").unlink()
    with TestClient(create_app(Settings(data=own_data)), base_url="http://localhost") as client:
        ready = client.get("/readyz").json()
        assert ready["generation"] == 1
        assert "第 1 代" in ready["warning"]
        assert str(own_data) not in ready["warning"]


def test_an_index_that_comes_later_is_served(tmp_path: Path) -> None:
    with TestClient(create_app(Settings(data=tmp_path)), base_url="http://localhost") as client:
        assert client.get("/readyz").status_code == 503
        rebuild(tmp_path)
        eventually(lambda: client.get("/readyz").is_success)
