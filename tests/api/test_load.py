"""People ask while the index is rebuilt and taken back under them."""

import gc
import random
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
import pytest

from api.serving import Serving
from api.settings import Settings
from index.document import Document
from index.documents import Documents
from index.service import point_at
from rag.knowledge import rebuild

Serve = Callable[..., AbstractContextManager[str]]
QUESTIONS = ["什么是氛围编码？", "RLVR 是什么", "幽灵与动物", "Claude Code 运行在哪里？", "今天天气怎么样"]
PAUSE = 0.02
"""Seconds that a client reads before it asks again."""


@dataclass
class Asking:
    """What clients have seen: when each request began and ended, and its answer."""

    took: list[tuple[float, float]] = field(default_factory=list)
    answers: list[dict] = field(default_factory=list)  # type: ignore[type-arg]
    failed: list[str] = field(default_factory=list)

    def p99(self, wanted: Callable[[float, float], bool]) -> float:
        some = sorted(end - begun for begun, end in self.took if wanted(begun, end))
        return some[int(0.99 * (len(some) - 1))]


@contextmanager
def asking(address: str, clients: int) -> Iterator[Asking]:
    """Have clients ask one question after another."""
    seen, stopped = Asking(), threading.Event()

    def ask(number: int) -> None:
        choose = random.Random(number)
        with httpx.Client(base_url=address, timeout=30) as client:
            while not stopped.wait(PAUSE):
                begun = time.monotonic()
                try:
                    response = client.post("/ask", json={"question": choose.choice(QUESTIONS)})
                    seen.answers.append(response.raise_for_status().json())
                except (httpx.HTTPError, ValueError) as error:
                    seen.failed.append(repr(error))
                seen.took.append((begun, time.monotonic()))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        stopped.set()
        for thread in threads:
            thread.join()


@pytest.fixture(autouse=True)
def _folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let the server index what these tests write."""
    monkeypatch.setenv("CHUCHU_FOLDERS", str(tmp_path))


class Swapping:
    """Rebuilds and rolls back over HTTP, and knows what each generation holds."""

    def __init__(self, address: str, data: Path, source: Path, review: Document) -> None:
        self.client = httpx.Client(base_url=address, timeout=60)
        self.data, self.source, self.review = data, source, review
        self.texts: dict[int, dict[str, str]] = {}
        self.rebuilding: list[tuple[float, float]] = []
        self.note(1)

    def note(self, number: int) -> None:
        """Remember the texts of a generation before it is pruned."""
        documents = Documents.load(self.data / "generations" / str(number))
        self.texts[number] = {document.id: document.text for document in documents}

    def rebuild(self, number: int) -> None:
        """Build from a text in which every place has moved."""
        moved = f"第 {number} 版。" * (number % 7 + 1)
        self.source.write_text(f"{moved}\n\n{self.review.text}", "utf-8")
        begun = time.monotonic()
        started = self.client.post("/index/rebuild", json={"sources": [str(self.source)], "keep": 5})
        job = started.raise_for_status().json()
        while job["status"] == "running":
            time.sleep(0.1)
            job = self.client.get(f"/jobs/{job['id']}").json()
        assert job["status"] == "succeeded", job
        self.note(job["result"]["generation"])
        self.rebuilding.append((begun, time.monotonic()))

    def roll_back(self) -> None:
        self.client.post("/index/rollback").raise_for_status()

    def in_rebuild(self, begun: float, end: float) -> bool:
        return any(begun < last and first < end for first, last in self.rebuilding)


def check(seen: Asking, swapping: Swapping, review: Document) -> None:
    """Every request was answered, and every quote stands in the generation that its answer names."""
    assert not seen.failed
    assert seen.answers
    for answer in seen.answers:
        texts = swapping.texts[answer["provenance"]["generation"]]
        for one in answer["citations"]:
            assert texts[one["document"]][one["start"] : one["end"]] == one["quote"]


def load(
    serve: Serve, data: Path, tmp_path: Path, review: Document, clients: int, swaps: str, quiet: float
) -> tuple[Asking, Swapping]:
    """Swap as ``swaps`` says, b for a rebuild and r for a rollback, while clients ask."""
    with serve(data, tmp_path / "log", "--workers", "2") as address:
        swapping = Swapping(address, data, tmp_path / "karpathy-2025-review.txt", review)
        with asking(address, clients) as seen:
            time.sleep(quiet)
            for number, swap in enumerate(swaps):
                if swap == "b":
                    swapping.rebuild(number)
                else:
                    swapping.roll_back()
                time.sleep(quiet / 10)
        swapping.client.close()
    check(seen, swapping, review)
    return seen, swapping


def test_nobody_notices_a_swap(own_data: Path, tmp_path: Path, review: Document, serve: Serve) -> None:
    seen, _ = load(serve, own_data, tmp_path, review, clients=3, swaps="bbr", quiet=0.5)
    assert {answer["provenance"]["generation"] for answer in seen.answers} == {1, 2, 3}


@pytest.mark.soak
def test_nobody_notices_twenty_rebuilds(
    own_data: Path, tmp_path: Path, review: Document, serve: Serve
) -> None:
    seen, swapping = load(serve, own_data, tmp_path, review, clients=8, swaps="bbbbr" * 5, quiet=20)
    within = seen.p99(swapping.in_rebuild)
    without = seen.p99(lambda *took: not swapping.in_rebuild(*took))
    during = sum(swapping.in_rebuild(*took) for took in seen.took)
    sys.stdout.write(
        f"\n{len(seen.took)} requests, {during} during rebuilds; p99 {without * 1000:.1f} ms without, "
        f"{within * 1000:.1f} ms during: {within / without:.2f} times\n"
    )
    assert len(swapping.rebuilding) == 20
    assert within <= 3 * without


def test_what_is_no_longer_served_is_let_go_at_once(own_data: Path) -> None:
    rebuild(own_data)
    serving = Serving(Settings(data=own_data))
    serving.refresh()
    process = psutil.Process()
    taken = []
    gc.collect()
    gc.disable()  # it would hide a circle of references, and files that stay open as long
    try:
        open_before = process.num_fds()
        for number in (1, 2, 1, 2):
            point_at(number, own_data)
            serving.refresh()
            serving.knowledge.ask("什么是氛围编码？")
            generation = serving.knowledge.generation
            parts = (generation, generation.contents.documents, generation.segmenter, generation.lexical)
            taken.append([weakref.ref(part) for part in parts])
            del generation, parts
        assert [[part() is None for part in parts] for parts in taken] == [[True] * 4] * 3 + [[False] * 4]
        assert process.num_fds() <= open_before
    finally:
        gc.enable()


def test_a_swap_loads_no_model_again(own_data: Path) -> None:
    serving = Serving(Settings(data=own_data))
    serving.refresh()
    embedder = serving.knowledge.generation.embedder
    rebuild(own_data)
    serving.refresh()
    assert serving.knowledge.generation.number == 2
    assert serving.knowledge.generation.embedder is embedder


def listener(port: int) -> int:
    """Return the process that listens on a port."""
    listening = [one for one in psutil.net_connections("tcp") if one.status == "LISTEN"]
    (pid,) = {one.pid for one in listening if one.laddr.port == port}
    return int(pid)


@pytest.mark.soak
def test_two_hundred_swaps_leave_nothing_behind(own_data: Path, tmp_path: Path, serve: Serve) -> None:
    rebuild(own_data)
    with serve(own_data, tmp_path / "log") as address, httpx.Client(base_url=address, timeout=60) as client:
        process = psutil.Process(listener(int(address.rpartition(":")[2])))

        def swap(times: int) -> tuple[int, int]:
            for number in range(times):
                client.post("/index/rollback", json={"generation": number % 2 + 1}).raise_for_status()
                for question in QUESTIONS:
                    client.post("/ask", json={"question": question}).raise_for_status()
            return process.num_fds(), process.memory_info().rss

        swap(100)  # until the allocator has settled
        measured = [swap(20) for _ in range(10)]
    shown = ", ".join(f"{fds} files {rss / 2**20:.0f} MiB" for fds, rss in measured)
    sys.stdout.write(f"\nafter each 20 swaps: {shown}\n")
    assert {fds for fds, _ in measured} == {measured[0][0]}
    assert measured[-1][1] <= 1.1 * measured[0][1]
