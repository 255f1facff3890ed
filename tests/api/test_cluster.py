"""Several hosts answer from one Milvus, each with no more than the small files of its generations."""

import shutil
import socket
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import httpx

from index.cluster import Cluster
from index.milvus import FILES
from rag.knowledge import KnowledgeBase, rebuild

QUESTION = "什么是氛围编码？"


def share(data: Path, host: Path) -> None:
    """Give a host what it needs of a data folder, the pointer last."""
    for pattern in ("manifest.json", *FILES):
        for path in data.glob(f"generations/*/{pattern}"):
            to = host / path.relative_to(data)
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, to)
    shutil.copy(data / "CURRENT", host / "CURRENT.new")
    (host / "CURRENT.new").replace(host / "CURRENT")


def eventually(happens: Callable[[], bool]) -> bool:
    for _ in range(100):
        if happens():
            return True
        time.sleep(0.2)
    return False


def asked(address: str, question: str = QUESTION) -> dict[str, Any]:
    answer: dict[str, Any] = (
        httpx.post(f"{address}/ask", json={"question": question}).raise_for_status().json()
    )
    del answer["timings_ms"]
    return answer


def test_two_hosts_share_a_cluster(
    tmp_path: Path,
    serve: Callable[..., AbstractContextManager[str]],
    chuchu: Callable[..., Any],
    milvus_on: Callable[[Path, int], AbstractContextManager[str]],
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data, hosts = tmp_path / "data", [tmp_path / "one", tmp_path / "two"]
    with ExitStack() as servers:
        with milvus_on(tmp_path / "lite", port) as uri:
            environment = {"CHUCHU_STORE": "milvus", "CHUCHU_MILVUS_URI": uri}
            assert chuchu("build", data=data, **environment).returncode == 0
            for host in hosts:
                share(data, host)
            one, two = (
                servers.enter_context(serve(host, tmp_path / f"{host.name}.log", **environment))
                for host in hosts
            )
            assert asked(one) == asked(two)
            for question in (QUESTION, "这篇文章讲了什么？"):
                ours = KnowledgeBase.open(data).ask(question)
                assert [(c["start"], c["end"], c["quote"]) for c in asked(two, question)["citations"]] == [
                    (c.start, c.end, c.quote) for c in ours.citations
                ]
            rebuild(data, note="第二代", cluster=Cluster(uri))
            share(data, hosts[1])
            assert eventually(lambda: asked(two)["provenance"]["generation"] == 2)
            assert asked(one)["provenance"]["generation"] == 1  # it was not given the second one yet
        for path in ("/readyz", "/search?q=幽灵"):
            gone = httpx.get(f"{one}{path}")
            assert (gone.status_code, gone.headers["content-type"]) == (503, "application/problem+json")
            assert (gone.json()["type"], str(port) in gone.text) == ("urn:chuchu:ClusterError", False)
        share(data, hosts[0])  # it cannot be opened now, but later
        time.sleep(0.5)
        with milvus_on(tmp_path / "lite", port):
            assert eventually(lambda: httpx.get(f"{one}/readyz").json().get("generation") == 2)
            assert asked(one) == asked(two)
