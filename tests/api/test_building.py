import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from index.lock import building
from index.service import current
from rag.knowledge import KnowledgeBase

Chuchu = Callable[..., subprocess.CompletedProcess[str]]


def test_generations_rollback_prune(chuchu: Chuchu, chuchu_here: Chuchu, tmp_path: Path) -> None:
    data = tmp_path / "data"
    (tmp_path / "a.md").write_text("幽灵住在电脑里。", "utf-8")
    note = f"第一[b]次{'，写得很长' * 20}"  # more than fits beside the other columns, without a blank
    noted = chuchu("build", str(tmp_path / "a.md"), "--note", f"{note}\udcff", data=data)
    assert noted.returncode == 0, noted.stderr
    assert note in "".join(chuchu_here("status", data=data).stdout.split())
    (tmp_path / "a.md").write_text("幽灵住在书里。", "utf-8")
    assert "第 2 代索引已发布" in chuchu_here("build", data=data).stdout
    questions = tmp_path / "q\udcff.jsonl"
    questions.write_text('{"id": "q1", "question": "幽灵住在哪里？", "evidence": ["幽灵住在书里"]}', "utf-8")
    held = chuchu_here("build", "--questions", str(questions), "--at-least", "recall@3=2", data=data)
    assert held.returncode == 1
    assert "recall@3 应至少 2" in held.stderr
    assert "chuchu rollback 3" in held.stderr
    shown = chuchu("generations", data=data).stdout
    entries = json.loads(chuchu_here("generations", "--json", data=data).stdout)["generations"]
    assert note in "".join(shown.split())
    assert entries[-1]["created"].removesuffix("+00:00") in shown
    assert "未发布" in shown
    assert [(one["number"], one["in_service"], one["published"]) for one in entries] == [
        (3, False, False),
        (2, True, True),
        (1, False, True),
    ]
    assert json.loads(chuchu_here("rollback", "--json", data=data).stdout) == {"generation": 1}
    assert "电脑" in chuchu_here("search", "幽灵", data=data).stdout
    nowhere = chuchu_here("rollback", "9", data=data)
    assert (nowhere.returncode, nowhere.stdout) == (2, "")
    assert "第 9 代" in nowhere.stderr
    assert json.loads(chuchu_here("prune", "--keep", "1", "--json", data=data).stdout) == {"removed": []}
    assert "第 3 代" in chuchu_here("rollback", "3", data=data).stdout
    assert json.loads(chuchu_here("prune", "--keep", "1", "--json", data=data).stdout) == {"removed": [1, 2]}
    assert chuchu_here("build", "--at-least", "recall@3=1", data=data).returncode == 2


@contextmanager
def watching(source: Path, data: Path) -> Iterator[subprocess.Popen[str]]:
    """Watch ``source`` in a process of its own, which does not outlive the test."""
    words = [sys.executable, "-c", "from api.cli import main; main()", "build", str(source), "--watch"]
    with subprocess.Popen([*words, "--data", str(data)], stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            assert "守着" in process.stderr.readline()
            time.sleep(1)  # until it has begun to watch
            yield process
            process.send_signal(signal.SIGINT)
            _, stderr = process.communicate(timeout=20)
            assert "Traceback" not in stderr
        finally:
            process.kill()


def reached(generation: int, data: Path) -> bool:
    """Wait, at most ten seconds, until a generation is in service."""
    for _ in range(100):
        if current(data) == generation:
            return True
        time.sleep(0.1)
    return False


def test_a_source_that_changes_is_built_again(tmp_path: Path) -> None:
    source, data = tmp_path / "文档", tmp_path / "文档" / "data"
    source.mkdir()
    (source / "a.md").write_text("幽灵住在电脑里。", "utf-8")
    with watching(source, data) as process:
        (source / "a.md").write_text("幽灵住在书里。", "utf-8")
        (source / "b.md").write_bytes(bytes(range(256)) * 9)
        assert process.stderr is not None
        assert "b.md" in process.stderr.readline()
        assert current(data) == 2
        with pytest.raises(subprocess.TimeoutExpired):  # what a build writes is no change
            process.wait(2)
        assert current(data) == 2
    assert KnowledgeBase.open(data).generation.document("a.md").text == "幽灵住在书里。"


def test_a_source_that_is_replaced_is_watched_on(tmp_path: Path) -> None:
    source, data, aside = tmp_path / "a.md", tmp_path / "data", tmp_path / "aside"
    source.write_text("幽灵住在电脑里。", "utf-8")
    with watching(source, data):
        for generation in (2, 3):
            aside.write_text(f"幽灵住在第{generation}个盒子里。", "utf-8")
            aside.replace(source)  # as editors save
            assert reached(generation, data)
    assert "第3个" in KnowledgeBase.open(data).generation.document("a.md").text


def test_a_folder_that_is_moved_away_is_a_change_and_a_job_is_none(tmp_path: Path) -> None:
    source, data = tmp_path / "文档", tmp_path / "文档" / "data"
    (source / "v1.2").mkdir(parents=True)
    (source / "v1.2" / "a.md").write_text("幽灵住在电脑里。", "utf-8")
    with watching(source, data) as process:
        (data / "jobs" / "1").mkdir(parents=True)
        (data / "jobs" / "1" / "questions.jsonl").write_text("{}", "utf-8")
        (source / "~$信.docx").write_bytes(b"x")
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(2)
        assert current(data) == 1
        (source / "v1.2").rename(tmp_path / "v1.2")
        assert reached(2, data)


def test_what_changes_while_another_process_builds_is_built_after_it(tmp_path: Path) -> None:
    source, data = tmp_path / "a.md", tmp_path / "data"
    source.write_text("幽灵住在电脑里。", "utf-8")
    with watching(source, data) as process:
        with building(data):
            source.write_text("幽灵住在书里。", "utf-8")
            assert process.stderr is not None
            assert "正在重建" in process.stderr.readline()
        assert reached(2, data)
    assert "书" in KnowledgeBase.open(data).generation.document("a.md").text


INTERRUPTED = """
import signal, sys
from pathlib import Path
from threading import Timer
from api.watching import watch

source, data, times = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])

def build():
    for _ in range(times):
        signal.raise_signal(signal.SIGINT)
    print("built")

Timer(1, source.write_text, ["幽灵住在书里。", "utf-8"]).start()
watch(data, build)
"""


@pytest.mark.parametrize(("times", "stdout", "stderr"), [(1, "built\n", ""), (2, "", "KeyboardInterrupt\n")])
def test_the_second_interrupt_does_not_wait_for_the_build(
    times: int, stdout: str, stderr: str, tmp_path: Path, chuchu_here: Chuchu
) -> None:
    source, data = tmp_path / "a.md", tmp_path / "data"
    source.write_text("幽灵住在电脑里。", "utf-8")
    assert chuchu_here("build", str(source), data=data).returncode == 0
    words = [sys.executable, "-c", INTERRUPTED, str(source), str(data), str(times)]
    done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=20)
    assert done.stdout == stdout
    assert done.stderr.endswith(stderr)
    assert ("Traceback" in done.stderr) == bool(stderr)
