"""Generations in a cluster come, go back and go, also where builds are killed and rows are lost."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pymilvus import MilvusClient

from index.cluster import Cluster
from index.errors import ClusterError, DamagedError, FormatError, SettingError
from index.history import collections, history, prune, rollback
from index.milvus import FILES
from index.opening import open_number, open_serving
from index.service import generations
from rag.knowledge import KnowledgeBase, rebuild


def collections_of(milvus: str, data: Path) -> set[str]:
    identity = (data / ".cluster").read_text().split()[0]
    client = MilvusClient(uri=milvus)
    return {name for name in client.list_collections() if identity in name}


def two_generations(folder: Path, cluster: Cluster) -> Path:
    for text in ("幽灵住在电脑里。", "幽灵住在书里。"):
        (folder / "a.md").write_text(text, "utf-8")
        rebuild(folder / "data", [folder / "a.md"], cluster=cluster)
    return folder / "data"


@pytest.fixture
def data(tmp_path: Path, cluster: Cluster) -> Path:
    """Two small generations in the cluster."""
    return two_generations(tmp_path, cluster)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory, cluster: Cluster) -> Path:
    """The same, for those who break nothing."""
    return two_generations(tmp_path_factory.mktemp("two"), cluster)


def text_of(data: Path, cluster: Cluster) -> str:
    return KnowledgeBase.open(data, cluster=cluster).generation.document("a.md").text


def test_rebuild_rollback_prune(data: Path, cluster: Cluster, milvus: str) -> None:
    assert text_of(data, cluster) == "幽灵住在书里。"
    assert collections_of(milvus, data) == collections(data)
    assert len(collections(data)) == 2
    assert rollback(data, cluster=cluster) == 1
    assert text_of(data, cluster) == "幽灵住在电脑里。"
    assert rollback(data, 2, cluster) == 2
    assert prune(data, 1, cluster) == [1]
    assert collections_of(milvus, data) == collections(data)
    assert len(collections(data)) == 1
    held_back = rebuild(data, keep=1, cluster=cluster)
    # Who was answering from the generation before may go on; the next build drops it.
    assert len(collections_of(milvus, data)) == 2
    assert held_back.generation == 3
    rebuild(data, keep=1, cluster=cluster)
    assert len(collections_of(milvus, data)) == 2
    assert [entry.number for entry in history(data)] == [4]


def host_of(data: Path, folder: Path) -> Path:
    """Make the data folder of a host that only answers: of each generation what is small."""
    names = ["manifest.json", *FILES]
    for path in (found for name in names for found in data.glob(f"generations/*/{name}")):
        to = folder / "host" / path.relative_to(data)
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, to)
    shutil.copy(data / "CURRENT", folder / "host")
    return folder / "host"


def test_only_small_files_are_needed(two: Path, cluster: Cluster, tmp_path: Path) -> None:
    host = host_of(two, tmp_path)
    answer = KnowledgeBase.open(host, cluster=cluster).ask("幽灵住在哪里？")
    assert answer.citations[0].quote == "幽灵住在书里。"
    assert KnowledgeBase.open(host, cluster=cluster).status()["store"]["kind"] == "milvus"
    with pytest.raises(DamagedError, match="CHUCHU_STORE=milvus"):
        KnowledgeBase.open(host)
    assert rollback(host, cluster=cluster) == 1


def test_what_a_killed_build_left_in_the_cluster_is_dropped(
    data: Path, cluster: Cluster, milvus: str
) -> None:
    code = (
        "import sys, time; from pathlib import Path; import index.build; from index.cluster import Cluster\n"
        "from rag.knowledge import rebuild\n"
        "index.build.manifests.checksums = lambda _: time.sleep(60)  # after the rows, before the files\n"
        "rebuild(Path(sys.argv[1]), cluster=Cluster(sys.argv[2]))"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    orphans: list[set[str]] = []
    for _ in range(2):
        before = collections_of(milvus, data)
        process = subprocess.Popen([sys.executable, "-c", code, str(data), milvus], env=environment)
        for _ in range(300):
            if collections_of(milvus, data) - before or process.poll() is not None:
                break
            time.sleep(0.1)
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        orphans.append(collections_of(milvus, data) - collections(data))
    assert [len(one) for one in orphans] == [1, 1]  # the second dropped that of the first
    assert orphans[0] != orphans[1]
    assert text_of(data, cluster) == "幽灵住在书里。"
    assert rebuild(data, cluster=cluster).generation == 3
    assert collections_of(milvus, data) == collections(data)


def test_a_copy_of_the_folder_drops_nothing_of_the_others(
    data: Path, cluster: Cluster, milvus: str, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(data, tmp_path / "copy"))
    rebuild(data, cluster=cluster)
    rebuild(copy, keep=1, cluster=cluster)
    assert collections(data) <= collections_of(milvus, data)
    assert text_of(data, cluster) == text_of(copy, cluster)


def test_a_missing_or_damaged_collection_gives_way_to_the_generation_before(
    data: Path, cluster: Cluster, milvus: str
) -> None:
    client = MilvusClient(uri=milvus)
    newest = open_number(2, data, cluster=cluster).manifest.store["collection"]
    client.delete(newest, ids=[0])
    with pytest.raises(DamagedError, match=r"0 行.*1 行"):
        open_number(2, data, cluster=cluster)
    client.drop_collection(newest)
    generation, warning = open_serving(data, cluster=cluster)
    assert (generation.number, newest in str(warning)) == (1, True)
    with pytest.raises(DamagedError, match=newest):
        rollback(data, 2, cluster)
    client.drop_collection(generation.manifest.store["collection"])
    with pytest.raises(DamagedError, match="没有第 2 代索引的集合"):
        open_serving(data, cluster=cluster)
    assert KnowledgeBase.open(data).generation.number == 2  # its files are all there


def test_a_generation_of_files_alone_is_in_no_cluster(tmp_path: Path, cluster: Cluster) -> None:
    (tmp_path / "a.md").write_text("幽灵住在电脑里。", "utf-8")
    rebuild(tmp_path / "data", [tmp_path / "a.md"])
    with pytest.raises(FormatError, match="没有存入 Milvus"):
        KnowledgeBase.open(tmp_path / "data", cluster=cluster)


def test_a_cluster_that_does_not_answer(two: Path) -> None:
    data = two
    nobody = Cluster("http://127.0.0.1:9")
    before = sorted(path.name for path in generations(data).iterdir())
    for what in (
        lambda: KnowledgeBase.open(data, cluster=nobody),
        lambda: rebuild(data, cluster=nobody),
        lambda: rollback(data, cluster=nobody),
    ):
        with pytest.raises(ClusterError, match="没有回应") as error:
            what()
        assert "127.0.0.1" not in str(error.value)
    assert sorted(path.name for path in generations(data).iterdir()) == before
    for uri in ("milvus", "file:///x", "", "x.db"):
        with pytest.raises(SettingError, match="CHUCHU_MILVUS_URI"):
            Cluster(uri)


def test_the_documentation_names_the_small_files() -> None:
    page = (Path(__file__).parent.parent.parent / "docs/scale.md").read_text("utf-8")
    named = {name.strip("'") for name in re.findall(r"--include=(\S+)", page)} - {"*/", "manifest.json"}
    assert {name.removesuffix(".npy") for name in named} == {
        Path(name).name.removesuffix(".npy") for name in FILES
    }
