import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import psutil
import pytest

from index import crew
from index.document import Document
from index.errors import BuildError
from index.source import BUNDLED, load
from rag.knowledge import rebuild


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More documents than one process takes at once."""
    folder = tmp_path_factory.mktemp("source")
    (review,) = (item for item in load([BUNDLED]) if isinstance(item, Document))
    for number, paragraph in enumerate(review.text.split("\n\n") * 3):
        (folder / f"{number:03}.txt").write_text(f"第{number}篇。{paragraph}", "utf-8")
    return folder


def test_the_same_files_come_of_one_process_and_of_several(
    source: Path, tmp_path: Path, files_of: Callable[[Path], dict[str, bytes]]
) -> None:
    with patch.object(crew, "PROCESSES", 1):
        rebuild(tmp_path / "one", [source])
    with patch.object(crew, "PROCESSES", 3), patch.object(crew, "WORTH", 0), patch.object(crew, "_AHEAD", 1):
        rebuild(tmp_path / "three", [source])
    assert files_of(tmp_path / "three") == files_of(tmp_path / "one")


def test_few_characters_are_cut_at_home(source: Path, tmp_path: Path) -> None:
    with patch.object(crew, "ProcessPoolExecutor", side_effect=AssertionError):
        rebuild(tmp_path, [source])


def test_one_of_a_crew_that_is_killed_is_told_of(source: Path, tmp_path: Path) -> None:
    def killed(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    several = patch.multiple(crew, PROCESSES=2, WORTH=0, mine_each=killed)
    with several, pytest.raises(BuildError, match="内存不够"):
        rebuild(tmp_path, [source])
    assert not any((tmp_path / "generations").iterdir())


def test_a_crew_ends_with_its_killed_parent(source: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from index import crew; from rag.knowledge import rebuild\n"
        "crew.PROCESSES, crew.WORTH = 2, 0\n"
        "rebuild(Path(sys.argv[1]), [Path(sys.argv[2])] )"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path), str(source)], env=environment)
    children: list[psutil.Process] = []
    for _ in range(3000):
        children = psutil.Process(process.pid).children()
        if len(children) == 2 or process.poll() is not None:
            break
        time.sleep(0.01)
    process.kill()
    process.wait(10)
    assert len(children) == 2
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive
