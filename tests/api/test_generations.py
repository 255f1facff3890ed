"""Rebuilding and going back over HTTP."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.job import Jobs
from api.settings import Settings
from index.lock import building

DOLPHIN = "海豚睡觉时只有半个大脑休息。"
ASKED = {"id": "q1", "question": "海豚睡觉时有几个大脑休息？", "evidence": [DOLPHIN]}


@pytest.fixture(scope="module")
def idle(idle_data: Path) -> Iterator[TestClient]:
    """A client of a server that is asked for nothing it would do."""
    with TestClient(create_app(Settings(data=idle_data)), base_url="http://localhost") as client:
        yield client


@pytest.fixture
def client(own_data: Path) -> Iterator[TestClient]:
    settings = Settings(data=own_data, folders=(str(own_data.parent),))
    with TestClient(create_app(settings), base_url="http://localhost") as client:
        yield client


@pytest.fixture
def animals(tmp_path: Path) -> Path:
    folder = tmp_path / "animals"
    folder.mkdir()
    (folder / "海豚.txt").write_text(DOLPHIN, "utf-8")
    (folder / "坏.jsonl").write_text("{", "utf-8")
    return folder


def rebuilt(client: TestClient, **body: Any) -> dict[str, Any]:
    """Rebuild, and wait until it is done and served."""
    begun = client.post("/index/rebuild", json=body)
    assert begun.status_code == 202, begun.text
    assert begun.headers["location"] == f"/jobs/{begun.json()['id']}"
    client.get(begun.headers["location"], headers={"Accept": "text/event-stream"})
    job: dict[str, Any] = client.get(begun.headers["location"]).json()
    for _ in range(100):
        result = job["result"]
        if (
            not result
            or not result["published"]
            or result["generation"] == client.get("/readyz").json()["generation"]
        ):
            return job
        time.sleep(0.1)
    raise AssertionError(job)


def test_rebuild_from_other_sources_and_back(client: TestClient, own_data: Path, animals: Path) -> None:
    first = client.get("/index").json()
    assert (first["generation"], first["warning"], first["counts"]["documents"]) == (1, None, 1)
    job = rebuilt(client, sources=[str(animals)], note="动物")
    assert (job["status"], job["stage"], job["problem"]) == ("succeeded", "publish", None)
    assert [one["source"] for one in job["result"]["problems"]] == ["坏.jsonl:1"]
    assert job["result"]["published"]
    newest, oldest = client.get("/index/generations").json()["generations"]
    assert (newest["number"], newest["in_service"], newest["published"], newest["note"]) == (
        2,
        True,
        True,
        "动物",
    )
    assert (oldest["number"], oldest["in_service"]) == (1, False)
    assert newest["bytes"] > 0
    (animals / "海豚.txt").unlink()
    (animals / "鲸.txt").write_text("鲸吃磷虾。", "utf-8")
    again = rebuilt(client)["result"]  # from the recorded sources
    assert (again["generation"], again["counts"]["documents"]) == (3, 2)
    assert {one["source"] for one in again["problems"]} == {"坏.jsonl:1", "海豚.txt"}
    assert rebuilt(client, drop_missing=True)["result"]["changes"]["removed"] == 1
    went = client.post("/index/rollback", json={"generation": 2}).raise_for_status().json()
    assert (went["generation"], went["sources"]) == (2, ["animals"])
    assert client.get("/index").json() == went
    assert client.post("/index/rollback").json()["generation"] == 1
    assert client.post("/ask", json={"question": "RLVR 是什么"}).json()["provenance"]["generation"] == 1
    everything = " ".join(client.get(url).text for url in ("/index", "/index/generations", "/jobs"))
    assert str(animals.parent) not in everything
    assert str(own_data) not in everything


def test_a_gate_holds_a_generation_back(client: TestClient, animals: Path) -> None:
    asked = [ASKED, {"id": "q2", "question": "鲸鱼吃什么？", "evidence": []}]
    body = {"sources": [str(animals)], "questions": asked}
    held = rebuilt(client, **body, at_least=["characters=1000"])
    assert (held["status"], held["result"]["published"]) == ("succeeded", False)
    assert held["result"]["gate"]["shortfalls"][0].startswith("characters")
    assert client.get("/readyz").json()["generation"] == 1
    entry = client.get("/index/generations").json()["generations"][0]
    assert (entry["published"], entry["gate"]["passed"]) == (False, False)
    assert client.get("/index/generations/2/report").json()["questions"] == 2
    page = client.get("/index/generations/2/report", headers={"Accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    passed = rebuilt(client, **body, at_least=["recall@1=1"])
    assert passed["result"]["published"]
    assert passed["result"]["gate"]["metrics"]["recall@1"] == 1
    assert client.get("/index/generations/1/report").status_code == 404


def test_one_builder_at_a_time_from_any_door(client: TestClient, own_data: Path, chuchu: Any) -> None:
    with building(own_data, "别处"):
        busy = client.post("/index/rebuild")
        assert (busy.status_code, busy.json()["job"]) == (409, "别处")
        assert client.get("/jobs").json() == {"jobs": []}
    begun = client.post("/index/rebuild").json()
    second = client.post("/index/rebuild")
    assert (second.status_code, second.json()["job"]) == (409, begun["id"])
    assert second.headers["content-type"] == "application/problem+json"


def test_a_rebuild_that_fails_leaves_the_index(client: TestClient, own_data: Path, tmp_path: Path) -> None:
    missing = rebuilt(client, sources=[str(tmp_path / "nowhere")])
    assert missing["status"] == "failed"
    assert missing["problem"]["status"] == 422
    unfit = rebuilt(client, questions=[ASKED], at_least=["recall@3=0.5"])
    assert unfit["problem"]["detail"].startswith("questions.jsonl:1（q1）")
    assert client.get("/readyz").json() == {"status": "ready", "generation": 1}
    assert [one["number"] for one in client.get("/index/generations").json()["generations"]] == [1]


def test_what_is_said_of_a_job_names_no_folder_of_the_server(
    client: TestClient, animals: Path, tmp_path: Path
) -> None:
    second = tmp_path / "again"
    second.mkdir()
    (second / "海豚.txt").write_text("同名。", "utf-8")
    problems = rebuilt(client, sources=[str(animals), str(second)])["result"]["problems"]
    assert problems[-1] == {
        "source": "海豚.txt",
        "reason": "文档名 海豚.txt 已被 animals/海豚.txt 占用；请改名",
    }
    begun = client.post("/evaluations", json={}).json()
    client.get(f"/jobs/{begun['id']}", headers={"Accept": "text/event-stream"})
    detail = client.get(f"/jobs/{begun['id']}").json()["problem"]["detail"]
    assert detail.startswith("自带的问题集问的是自带的书评")
    for one in (animals, second):
        shutil.rmtree(one)
        one.mkdir()
    detail = rebuilt(client, drop_missing=True)["problem"]["detail"]
    assert detail.startswith("animals、again 里没有")


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("/index/rebuild", {"at_least": ["recall@3=0.5"]}),
        ("/index/rebuild", {"questions": [ASKED], "at_least": ["nope=0.5"]}),
        ("/index/rebuild", {"keep": 0}),
        ("/index/rebuild", {"sources": [""]}),
        ("/index/rebuild", {"sources": "a"}),
        ("/index/rebuild", {"unknown": 1}),
        ("/index/rollback", {"generation": 0}),
        ("/index/rollback", {"generation": "x"}),
    ],
)
def test_bad_requests_change_nothing(idle: TestClient, address: str, body: object) -> None:
    refused = idle.post(address, json=body)
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert idle.get("/jobs").json() == {"jobs": []}


def test_going_back_to_what_cannot_be_served(client: TestClient, own_data: Path) -> None:
    assert client.post("/index/rollback").status_code == 404
    nowhere = client.post("/index/rollback", json={"generation": 9})
    assert nowhere.status_code == 404
    rebuilt(client)
    (own_data / "generations" / "1" / "vectors.npy").unlink()
    damaged = client.post("/index/rollback", json={"generation": 1})
    assert damaged.status_code == 409
    assert "vectors.npy" in damaged.json()["detail"]
    assert str(own_data) not in damaged.text + nowhere.text
    assert client.get("/readyz").json() == {"status": "ready", "generation": 2}


def test_going_back_where_nothing_can_be_written_names_no_folder(client: TestClient, own_data: Path) -> None:
    (own_data / "CURRENT").unlink()
    (own_data / "CURRENT").mkdir()
    refused = client.post("/index/rollback", json={"generation": 1})
    assert refused.status_code == 409
    assert "无法写入 数据文件夹" in refused.json()["detail"]
    assert str(own_data) not in refused.text


def test_a_report_that_cannot_be_read_names_no_folder(client: TestClient, own_data: Path) -> None:
    (own_data / "generations" / "1" / "report.json").write_text("{}", "utf-8")
    refused = client.get("/index/generations/1/report", headers={"Accept": "text/html"})
    assert refused.status_code == 404
    assert "重新评测" in refused.json()["detail"]
    assert str(own_data) not in refused.text


@pytest.mark.parametrize("address", ["/index/rebuild", "/evaluations", "/documents"])
def test_what_the_disk_refuses_is_told_and_names_no_folder(
    client: TestClient, own_data: Path, address: str
) -> None:
    (own_data / "jobs").touch()
    refused = client.post(address, files={"files": ("a.txt", b"x")} if address == "/documents" else None)
    assert (refused.status_code, refused.json()["type"]) == (503, "urn:chuchu:BuildError")
    assert "磁盘" in refused.json()["detail"]
    assert str(own_data) not in refused.text
    assert client.get("/readyz").status_code == 200


def test_a_cancelled_rebuild_publishes_nothing_and_leaves_nothing(
    client: TestClient, own_data: Path, tmp_path: Path
) -> None:
    large = tmp_path / "large.jsonl"
    line = '{"_id": "%d", "text": "' + DOLPHIN * 400 + '"}\n'
    large.write_text("".join(line % number for number in range(300)), "utf-8")
    begun = client.post("/index/rebuild", json={"sources": [str(large)]}).json()
    jobs = Jobs(own_data)
    while (job := jobs.get(begun["id"])).stage is None and job.status == "running":
        pass
    assert client.delete(f"/jobs/{begun['id']}").json()["status"] == "cancelled"
    assert [path.name for path in (own_data / "generations").iterdir()] == ["1"]
    assert rebuilt(client)["result"]["generation"] == 2


def test_no_other_file_of_the_server_is_read(client: TestClient, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("不给人看的。", "utf-8")
    (tmp_path / "link").symlink_to(outside)
    for source in (
        outside,
        outside / "secret.txt",
        tmp_path / "link",
        outside / "nowhere",
        "/etc",
        tmp_path / "..",
    ):
        refused = client.post("/index/rebuild", json={"sources": [str(source)]})
        assert refused.status_code == 422
        assert "CHUCHU_FOLDERS" in refused.json()["detail"]
        assert str(outside) not in refused.json()["detail"]
    assert client.get("/jobs").json() == {"jobs": []}
