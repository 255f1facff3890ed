"""Jobs: what a child process does, shown by any worker."""

import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.job import KEEP, Job, Jobs
from api.settings import Settings
from rag.evaluation import evaluate
from rag.knowledge import KnowledgeBase
from rag.questionset import BUNDLED, read_questions

ASKED = {
    "id": "q1",
    "question": "什么是氛围编码？",
    "evidence": ["通过自然语言(English)全权指挥 AI 编写程序"],
}
MANY = [{**ASKED, "id": f"q{number}"} for number in range(2000)]


@pytest.fixture
def client(own_data: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(data=own_data)), base_url="http://localhost") as client:
        yield client


@pytest.fixture(scope="module")
def idle(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of a server that is asked for nothing it would do."""
    copy = shutil.copytree(data, tmp_path_factory.mktemp("idle") / "data")
    with TestClient(create_app(Settings(data=copy)), base_url="http://localhost") as client:
        yield client


def start(client: TestClient, **body: object) -> str:
    begun = client.post("/evaluations", json=body)
    assert begun.status_code == 202
    job: dict[str, Any] = begun.json()
    assert begun.headers["location"] == f"/jobs/{job['id']}"
    assert (job["status"], job["kind"], job["finished"]) == ("running", "evaluation", None)
    identity: str = job["id"]
    return identity


def until(jobs: Jobs, identity: str, holds: str) -> Job:
    """Wait, at most a minute, until a job is at a stage or has a status."""
    for _ in range(1200):
        job = jobs.get(identity)
        if holds in (job.stage, job.status):
            return job
        time.sleep(0.05)
    raise AssertionError(job)


def events(text: str) -> list[tuple[str, Any]]:
    found = []
    for block in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            found.append((fields["event"], json.loads(fields["data"])))
    return found


def test_an_evaluation_from_start_to_report(client: TestClient, knowledge: KnowledgeBase) -> None:
    identity = start(client, at_least=["recall@3=0.99"])
    followed = client.get(f"/jobs/{identity}", headers={"Accept": "text/event-stream"})
    assert followed.headers["content-type"].startswith("text/event-stream")
    *steps, (last, job) = events(followed.text)
    assert {name for name, _ in steps} == {"progress"}
    dones = [step["done"] for _, step in steps if step["stage"] == "evaluate"]
    assert dones == sorted(dones)
    assert (last, job["status"], job["done"], job["total"]) == ("job", "succeeded", 76, 76)
    assert job == client.get(f"/jobs/{identity}").json()
    assert client.get("/evaluations").json()["evaluations"] == [job] == client.get("/jobs").json()["jobs"]
    report = client.get(f"/evaluations/{identity}").json()
    assert report["questions"] == job["result"]["questions"] == 76
    assert job["result"]["metrics"]["recall@3"] == report["metrics"]["recall@3"]["value"]
    ours = evaluate(read_questions(BUNDLED, knowledge.generation), knowledge)
    assert {name: one["value"] for name, one in report["metrics"].items() if "latency" not in name} == {
        name: one.value for name, one in ours.metrics.items() if "latency" not in name
    }
    assert job["result"]["shortfalls"][0].startswith("recall@3")
    page = client.get(f"/evaluations/{identity}", headers={"Accept": "text/html"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert 'href="/documents/karpathy-2025-review.txt/text#char=' in page.text


def test_own_questions_and_a_comparison(client: TestClient, own_data: Path) -> None:
    jobs = Jobs(own_data)
    first = start(client, questions=[ASKED, {"id": "q2", "question": "海豚怎样睡觉？", "evidence": []}])
    assert until(jobs, first, "succeeded").result["questions"] == 2  # type: ignore[index]
    second = start(client, questions=[ASKED], against=first)
    until(jobs, second, "succeeded")
    compared = client.get(f"/evaluations/{second}").json()["comparison"]
    assert (compared["questions"], compared["only_before"], compared["flips"]) == (1, 1, [])


def test_half_a_character_is_no_reason_to_fail(client: TestClient, own_data: Path) -> None:
    half = "海豚\ud83d"  # what is left of a text that was cut by UTF-16 units
    asked = {"id": half, "question": f"{half}怎样睡觉？", "evidence": [], "kind": half}
    body = json.dumps({"questions": [asked]})
    begun = client.post("/evaluations", content=body, headers={"Content-Type": "application/json"})
    assert begun.status_code == 202, begun.text
    until(Jobs(own_data), begun.json()["id"], "succeeded")
    (score,) = client.get(f"/evaluations/{begun.json()['id']}").json()["scores"]
    assert (score["id"], score["kind"]) == ("海豚\ufffd", "海豚\ufffd")


def test_a_question_that_does_not_fit_fails_the_job_by_name(client: TestClient, own_data: Path) -> None:
    identity = start(client, questions=[ASKED, {**ASKED, "id": "q7", "evidence": ["文中没有的话"]}])
    problem = until(Jobs(own_data), identity, "failed").problem
    assert problem is not None
    assert problem["status"] == 422
    assert problem["detail"].startswith("questions.jsonl:2（q7）：文档里没有这段引文")
    assert client.get(f"/evaluations/{identity}").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"questions": []},
        {"questions": [{"id": "q", "question": "问"}]},
        {"questions": [{**ASKED, "evidence": [{"document": "a"}]}]},
        {"at_least": ["nope=1"]},
        {"at_most": ["recall@3"]},
        {"unknown": 1},
    ],
)
def test_bad_requests_start_nothing(idle: TestClient, body: object) -> None:
    refused = idle.post("/evaluations", json=body)
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert idle.get("/jobs").json() == {"jobs": []}


def test_what_is_not_there(idle: TestClient) -> None:
    for address in ("/jobs/1", "/jobs/x", "/jobs/.lock", "/evaluations/1", "/jobs/%2e%2e"):
        assert idle.get(address).status_code == 404
    assert idle.delete("/jobs/1").status_code == 404
    assert idle.post("/evaluations", json={"against": "9"}).status_code == 404


def test_one_at_a_time_and_cancelling(client: TestClient, own_data: Path) -> None:
    identity = start(client, questions=MANY)
    busy = client.post("/evaluations", json={})
    assert (busy.status_code, busy.json()["job"]) == (409, identity)
    until(Jobs(own_data), identity, "evaluate")
    job = client.delete(f"/jobs/{identity}").raise_for_status().json()
    assert job["status"] == "cancelled"
    assert client.delete(f"/jobs/{identity}").json() == job
    assert not list((own_data / "jobs" / identity).glob("*report*"))
    until(Jobs(own_data), start(client, questions=[ASKED]), "succeeded")


def test_a_job_whose_process_is_killed_has_failed(client: TestClient, own_data: Path) -> None:
    jobs = Jobs(own_data)
    identity = start(client, questions=MANY)
    until(jobs, identity, "evaluate")
    os.kill(int((own_data / "jobs" / identity / "alive").read_text()), signal.SIGKILL)
    problem = until(jobs, identity, "failed").problem
    assert problem is not None
    assert problem["type"] == "urn:chuchu:JobDied"
    assert client.get(f"/evaluations/{identity}").status_code == 404
    assert not list((own_data / "jobs" / identity).glob("*report*"))
    until(jobs, start(client, questions=[ASKED]), "succeeded")


def test_old_jobs_are_swept(own_data: Path) -> None:
    home = own_data / "jobs"
    for number in range(1, KEEP + 5):
        folder = home / str(number)
        folder.mkdir(parents=True)
        (folder / "alive").touch()
        record = {"id": str(number), "kind": "rebuild", "created": "2025-01-01", "request": {}}
        (folder / "job.json").write_text(json.dumps(record), "utf-8")
    (home / ".new-7").mkdir()
    with Jobs(own_data).turn("rebuild"):
        pass
    assert [job.id for job in Jobs(own_data).all()] == [str(n) for n in range(KEEP + 4, 5, -1)]
    assert not list(home.glob(".new-*"))


def test_any_worker_shows_any_job(own_data: Path, tmp_path: Path, serve: Any) -> None:
    with serve(own_data, tmp_path / "log", "--workers", "2") as address:
        identity = httpx.post(f"{address}/evaluations", json={"questions": MANY}).json()["id"]
        shown = [httpx.get(f"{address}/jobs/{identity}").json()["status"] for _ in range(8)]
        assert shown == ["running"] * 8
        again = [httpx.post(f"{address}/evaluations", json={}).status_code for _ in range(6)]
        assert again == [409] * 6
        with httpx.stream(
            "GET", f"{address}/jobs/{identity}", headers={"Accept": "text/event-stream"}
        ) as one:
            assert next(one.iter_lines()).startswith("event: progress")
    assert Jobs(own_data).get(identity).status == "cancelled"  # by the end of the server


def test_a_server_that_is_killed_leaves_no_half_report(own_data: Path, tmp_path: Path, serve: Any) -> None:
    jobs = Jobs(own_data)
    with serve(own_data, tmp_path / "log") as address:
        identity = httpx.post(f"{address}/evaluations", json={"questions": MANY}).json()["id"]
        until(jobs, identity, "evaluate")
        (server,) = psutil.Process(int((jobs.folder(identity) / "alive").read_text())).parents()[:1]
        server.kill()
        server.wait(20)
    assert jobs.get(identity).status == "running"  # the work goes on, and can be stopped from elsewhere
    assert jobs.cancel(identity).status == "cancelled"
    assert not list(jobs.folder(identity).glob("*report*"))
