"""What the machines of a Ray cluster make is what one process makes, also when one of them dies."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from index import crew
from index.document import Document
from index.documents import Documents, Shelf
from index.errors import BuildError, SettingError
from index.fleet import Order, work_off
from index.reuse import program
from index.segmenter import Segmenter
from index.static import StaticEmbedder
from rag.knowledge import rebuild


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("documents")


@pytest.fixture(scope="module")
def documents(folder: Path, review: Document) -> Documents:
    shelf = Shelf(folder)
    for number, paragraph in enumerate(review.text.split("\n\n")):
        shelf.add(Document(f"{number}.txt", f"第 {number} 段", paragraph))
    return shelf.close()


@pytest.fixture
def order(folder: Path, documents: Documents) -> Order:
    words = folder / "words.json"
    words.write_text(json.dumps(Segmenter(["氛围编码 9"]).entries), "utf-8")
    return Order("segment", str(folder), str(words), None, StaticEmbedder().name, program())


def test_a_machine_makes_what_the_crew_makes(documents: Documents, order: Order) -> None:
    numbers, segmenter, embedder = np.arange(len(documents)), Segmenter(["氛围编码 9"]), StaticEmbedder()
    for some, ours in crew.segment_all(documents, numbers, segmenter, embedder):
        (theirs,) = work_off({"start": some[:1], "stop": some[-1:] + 1}, order)["made"]
        for name in ("sentences", "passages", "vectors"):
            np.testing.assert_array_equal(getattr(theirs, name), getattr(ours, name))
        for kind in ("words", "bigrams"):
            one, other = getattr(theirs, kind), getattr(ours, kind)
            assert list(one.names) == list(other.names)
            np.testing.assert_array_equal(one.sentences.values, other.sentences.values)
            np.testing.assert_array_equal(one.contexts.values, other.contexts.values)
    for some, mined in crew.mine_all(documents, numbers, segmenter):
        (found,) = work_off({"start": some[:1], "stop": some[-1:] + 1}, order._replace(work="mine"))["made"]
        assert (list(found.names), list(found.counts)) == (list(mined.names), list(mined.counts))


def test_a_machine_of_another_version_or_model_is_refused(order: Order) -> None:
    batch = {"start": np.array([0]), "stop": np.array([1])}
    with pytest.raises(BuildError, match="同一版本"):
        work_off(batch, order._replace(program="another"))
    with pytest.raises(BuildError, match="嵌入模型"):
        work_off(batch, order._replace(embedder="another"))


# Ray 2.60 sets options of its own that it calls deprecated.
@pytest.mark.filterwarnings("ignore::DeprecationWarning:ray.data")
@pytest.mark.soak
def test_a_build_on_two_machines_of_which_one_dies(
    tmp_path: Path, review: Document, files_of: Callable[[Path], dict[str, bytes]]
) -> None:
    import ray
    from ray.cluster_utils import Cluster

    source = tmp_path / "source"
    source.mkdir()
    paragraphs = [one for one in review.text.split("\n\n") if one.strip()]
    for number in range(400):
        text = "\n\n".join(paragraphs[(number * 7 + n) % len(paragraphs)] for n in range(8))
        (source / f"{number:03}.txt").write_text(f"第 {number} 篇。\n\n{text}", "utf-8")
    rebuild(tmp_path / "here", [source])
    machines = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    second = machines.add_node(num_cpus=1)
    seen: list[int] = []

    def kill(stage: str, done: int, total: int) -> None:
        if stage == "segment" and done >= 150 and not seen:
            seen.append(done)
            machines.remove_node(second, allow_graceful=False)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("index.fleet._BATCH", 20_000)
        try:
            rebuild(tmp_path / "there", [source], progress=kill, ray=machines.address)
        finally:
            machines.shutdown()
    assert 150 <= seen[0] < 300
    assert not ray.is_initialized()
    assert files_of(tmp_path / "there") == files_of(tmp_path / "here")


def test_a_cluster_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("幽灵住在电脑里。", "utf-8")
    with pytest.raises(SettingError, match="CHUCHU_RAY_ADDRESS"):
        rebuild(tmp_path / "data", [tmp_path / "a.txt"], ray="127.0.0.1:9")
    assert not (tmp_path / "data" / "CURRENT").exists()
