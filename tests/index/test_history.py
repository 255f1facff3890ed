import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.errors import BusyError, DamagedError, NotFoundError
from index.history import history, prune, rollback
from index.lock import building
from index.service import current, generations, numbers
from rag.knowledge import KnowledgeBase, rebuild


@pytest.fixture
def three(tmp_path: Path) -> Path:
    """A folder with three generations, each of another text."""
    for number, text in enumerate(("甲说幽灵。", "乙说动物。", "丙说算力。"), start=1):
        (tmp_path / "a.md").write_text(text, "utf-8")
        rebuild(tmp_path / "data", [tmp_path / "a.md"], note=f"第{number}次")
    return tmp_path / "data"


def text_of(data: Path) -> str:
    return KnowledgeBase.open(data).generation.document("a.md").text


def test_history_rollback_prune(three: Path) -> None:
    entries = history(three)
    assert [(e.number, e.in_service, e.published, e.note) for e in entries] == [
        (3, True, True, "第3次"),
        (2, False, True, "第2次"),
        (1, False, True, "第1次"),
    ]
    home = generations(three) / "3"
    assert entries[0].bytes == sum(p.stat().st_size for p in home.rglob("*") if p.is_file())
    assert rollback(three) == 2
    assert text_of(three) == "乙说动物。"
    assert rollback(three) == 1
    with pytest.raises(NotFoundError, match="没有更早的一代"):
        rollback(three)
    assert prune(three, keep=1) == [2]
    assert [entry.number for entry in history(three)] == [3, 1]
    assert rollback(three, 3) == 3
    assert text_of(three) == "丙说算力。"
    with pytest.raises(NotFoundError, match="第 2 代"):
        rollback(three, 2)


def test_going_back_leads_not_to_what_was_gone_back_from(three: Path) -> None:
    assert rollback(three) == 2
    rebuild(three)
    assert (current(three), rollback(three)) == (4, 2)
    rollback(three, 4)
    (generations(three) / "4" / "vectors.npy").unlink()
    assert KnowledgeBase.open(three).generation.number == 2
    (generations(three) / "2" / "vectors.npy").unlink()
    assert KnowledgeBase.open(three).generation.number == 1
    (generations(three) / "1" / "vectors.npy").unlink()
    assert KnowledgeBase.open(three).generation.number == 3


def test_a_damaged_generation_is_not_gone_back_to(three: Path) -> None:
    (generations(three) / "2" / "vectors.npy").unlink()
    with pytest.raises(DamagedError, match=r"vectors\.npy"):
        rollback(three)
    assert current(three) == 3
    (generations(three) / "2" / "manifest.json").write_text("{", "utf-8")
    assert [entry.problem is None for entry in history(three)] == [True, False, True]
    assert rollback(three) == 1


@pytest.mark.parametrize("harm", ["vectors.npy", "manifest.json", "CURRENT"])
def test_the_good_one_before_a_damaged_one_is_served_with_a_warning(three: Path, harm: str) -> None:
    if harm == "CURRENT":
        (three / harm).write_text("?", "ascii")
    else:
        (generations(three) / "3" / harm).unlink()
        (generations(three) / "2" / harm).write_bytes(b"x")
    knowledge = KnowledgeBase.open(three)
    expected = 3 if harm == "CURRENT" else 1
    assert knowledge.generation.number == expected
    assert harm in str(knowledge.warning)
    assert f"第 {expected} 代索引" in str(knowledge.warning)


def test_builds_keep_as_many_generations_as_told(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("甲说幽灵。", "utf-8")
    for _ in range(4):
        rebuild(tmp_path / "data", [tmp_path / "a.md"], keep=2)
    assert numbers(tmp_path / "data") == [3, 4]


@pytest.fixture
def builder(own_data: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that holds the lock."""
    code = (
        "import sys, time; from pathlib import Path; from index.lock import building\n"
        "with building(Path(sys.argv[1]), 'j7'): print('held', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(own_data)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_second_builder_is_told_who_builds(own_data: Path, builder: subprocess.Popen[bytes]) -> None:
    with pytest.raises(BusyError, match=rf"{builder.pid}.*j7") as caught:
        rebuild(own_data)
    assert caught.value.job == "j7"
    assert numbers(own_data) == [1]
    assert KnowledgeBase.open(own_data).warning is None


def test_a_dead_builders_lock_is_taken_over(own_data: Path, builder: subprocess.Popen[bytes]) -> None:
    builder.send_signal(signal.SIGKILL)
    builder.wait(10)
    assert (own_data / ".builder.json").exists()
    with building(own_data):
        assert json.loads((own_data / ".builder.json").read_text("utf-8"))["pid"] == os.getpid()
    assert not (own_data / ".builder.json").exists()


def test_a_build_without_sources_takes_the_last_ones(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("甲说幽灵。", "utf-8")
    rebuild(tmp_path / "data", [tmp_path / "a.md"], dictionary=["甲说幽 99"])
    (tmp_path / "a.md").write_text("甲说幽默。", "utf-8")
    rebuild(tmp_path / "data")
    knowledge = KnowledgeBase.open(tmp_path / "data")
    assert list(knowledge.generation.documents) == ["a.md"]
    assert knowledge.generation.document("a.md").text == "甲说幽默。"
    assert "甲说幽" in knowledge.generation.segmenter.cut("甲说幽默")
