import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from index.build import build
from index.errors import BuildError, SourceError
from index.history import history, rollback
from index.opening import open_number
from index.service import current
from index.source import BUNDLED
from index.static import StaticEmbedder
from rag.knowledge import KnowledgeBase, rebuild

FilesOf = Callable[[Path], dict[str, bytes]]


def test_two_builds_are_the_same_file_for_file(data: Path, tmp_path: Path, files_of: FilesOf) -> None:
    code = (
        "import sys; from pathlib import Path; from rag.knowledge import rebuild; rebuild(Path(sys.argv[1]))"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        check=True,
        timeout=120,
        env={**os.environ, "PYTHONHASHSEED": "7"},
    )
    assert files_of(tmp_path / "generations" / "1") == files_of(data / "generations" / "1")


def test_a_generation_holds_what_was_built(data: Path) -> None:
    generation = open_number(1, data)
    contents = generation.contents
    assert generation.manifest.counts == contents.counts
    assert contents.vectors.shape == (len(contents.passages), generation.embedder.dimension)
    document = generation.document("karpathy-2025-review.txt")
    ends = 0
    for number in range(len(contents.passages)):
        passage = generation.passage(number)
        assert passage.text == document.text[passage.start : passage.end]
        assert passage.sentences.start == ends
        ends = passage.sentences.stop
        words = [word for n in passage.sentences for word in generation.lexical.words.sentence(n)]
        context = "\n".join([document.title, *passage.headings])
        expected = generation.lexical.words.ids(generation.segmenter.words(f"{context}\n{passage.text}"))
        assert expected[-len(words) :] == words
        text = " ".join(generation.segmenter.words(f"{context}\n{passage.text}"))
        np.testing.assert_allclose(
            generation.embedder.embed_passages([text])[0], contents.vectors[number], atol=1e-5
        )
    assert ends == generation.sentences


def test_generations_are_numbered_and_the_last_is_served(tmp_path: Path) -> None:
    source = tmp_path / "a.md"
    for number, text in enumerate(("甲说幽灵。", "乙说动物。"), start=1):
        source.write_text(text, "utf-8")
        assert rebuild(tmp_path / "data", [source]).generation == number
        assert current(tmp_path / "data") == number
    knowledge = KnowledgeBase.open(tmp_path / "data")
    assert knowledge.generation.document("a.md").text == "乙说动物。"
    assert sorted(path.name for path in (tmp_path / "data" / "generations").iterdir()) == ["1", "2"]


@pytest.mark.parametrize(
    "make", [lambda folder: None, lambda folder: (folder / "a.txt").write_bytes(os.urandom(999))]
)
def test_nothing_to_index(own_data: Path, tmp_path: Path, make) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path / "sources"
    folder.mkdir()
    make(folder)
    with pytest.raises(SourceError, match="没有可以索引的内容"):
        rebuild(own_data, [folder])
    assert KnowledgeBase.open(own_data).ask("什么是氛围编码？").status == "answered"


def test_progress_names_each_stage(tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    build([BUNDLED], tmp_path, StaticEmbedder(), progress=lambda *step: seen.append(step))
    assert list(dict.fromkeys(stage for stage, _, _ in seen)) == [
        "load",
        "segment",
        "embed",
        "index",
        "publish",
    ]
    for stage in ("segment", "embed", "index", "publish"):
        done, total = [step[1:] for step in seen if step[0] == stage][-1]
        assert done == total > 0


def test_a_user_dictionary_is_kept(tmp_path: Path) -> None:
    rebuild(tmp_path, dictionary=["算力的分配 100 n"])
    generation = open_number(1, tmp_path)
    assert "算力的分配" in generation.segmenter.cut("改变了算力的分配")
    entries = json.loads((tmp_path / "generations" / "1" / "dictionary.json").read_text("utf-8"))
    assert entries[0][0] == "算力的分配 100 n"


def test_no_space_left(own_data: Path, files_of: FilesOf) -> None:
    """A limit on file size makes the system refuse to write, as a full disk does."""
    code = (
        "import resource, signal, sys; from pathlib import Path; from api.cli import main\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "sys.argv = ['chuchu', 'build', '--data', sys.argv[1]]\n"
        "limit = resource.getrlimit(resource.RLIMIT_FSIZE)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (9000, limit[1]))\n"
        "try: main()\n"
        "finally: resource.setrlimit(resource.RLIMIT_FSIZE, limit)"
    )
    before = files_of(own_data)
    done = subprocess.run(
        [sys.executable, "-c", code, str(own_data)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 1
    assert "索引无法写入" in done.stderr
    assert "Traceback" not in done.stderr
    assert files_of(own_data) == before


@pytest.mark.parametrize("folder", ["/proc/chuchu", "/dev/null/chuchu"])
def test_a_folder_that_cannot_be_written(folder: str) -> None:
    with pytest.raises(BuildError, match="索引无法写入"):
        rebuild(Path(folder))


def test_killed_builds_leave_the_old_generation_whole(own_data: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from rag.knowledge import rebuild; rebuild(Path(sys.argv[1]))"
    )
    rng = random.Random(0)
    # A killed process leaves a broken coverage file behind.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    for _ in range(6):
        process = subprocess.Popen([sys.executable, "-c", code, str(own_data)], env=environment)
        home = own_data / "generations"
        for _ in range(2000):  # until it begins to write, then a little longer
            if list(home.glob(".building-*")) or process.poll() is not None:
                break
            time.sleep(0.002)
        time.sleep(rng.uniform(0, 0.03))
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        assert KnowledgeBase.open(own_data).ask("什么是氛围编码？").status == "answered"
    rebuild(own_data)
    assert KnowledgeBase.open(own_data).ask("什么是氛围编码？").status == "answered"


def test_what_a_killed_build_left_is_swept_away(own_data: Path) -> None:
    left = own_data / "generations" / ".building-x"
    left.mkdir()
    (left / "vectors.npy").write_bytes(b"half")
    rebuild(own_data)
    assert not left.exists()


def test_the_clock_may_go_back(own_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.manifest.now", lambda: "1970-01-01T00:00:00+00:00")
    assert rebuild(own_data).generation == current(own_data) == 2
    assert [entry.number for entry in history(own_data)] == [2, 1]
    assert rollback(own_data) == 1


def as_nobody(scratch: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as somebody whom permissions bind, once it has imported what root may."""
    code = (
        "import os, sys; from pathlib import Path; from api.cli import main; from rag.knowledge import rebuild\n"
        "rebuild(Path(sys.argv.pop(1)))\n"
        "if os.getuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "main()"
    )
    return subprocess.run(
        [sys.executable, "-c", code, str(scratch), *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")},
    )


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may look into; those of pytest are for their owner only."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def everybody_may_enter(path: Path) -> bool:
    return all(folder.stat().st_mode & 0o001 for folder in [path, *path.parents])


@pytest.mark.skipif(
    not all(map(everybody_may_enter, (Path(sys.prefix), Path(__file__).parents[2]))),
    reason="the program lies in a folder that only its owner may enter, so nobody else can run it",
)
def test_what_may_not_be_read_or_written(data: Path, open_folder: Path, files_of: FilesOf) -> None:
    own_data = Path(shutil.copytree(data, open_folder / "data"))
    source, free = open_folder / "source", open_folder / "free"
    source.mkdir()
    free.mkdir()
    free.chmod(0o777)
    (source / "a.txt").write_text("好的。", "utf-8")
    (source / "b.txt").write_text("不给看。", "utf-8")
    (source / "b.txt").chmod(0)
    built = as_nobody(open_folder / "scratch", "build", str(source), "--data", str(free / "data"))
    assert (built.returncode, "1 篇文档" in built.stdout) == (0, True), built.stderr
    assert "b.txt" in built.stderr
    for path in (own_data, own_data / "generations"):
        path.chmod(0o555)
    before = files_of(own_data)
    refused = as_nobody(open_folder / "scratch", "build", str(source), "--data", str(own_data))
    assert (refused.returncode, "索引无法写入" in refused.stderr) == (1, True), refused.stderr
    assert "Traceback" not in built.stderr + refused.stderr
    assert files_of(own_data) == before


def test_a_full_disk(tmp_path: Path, files_of: FilesOf) -> None:
    """A file system of four megabytes, where this may be mounted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mount.returncode:
        pytest.skip("nothing can be mounted here; test_no_space_left limits the size of files instead")
    try:
        (tmp_path / "a.txt").write_text("幽灵住在电脑里。", "utf-8")
        rebuild(disk / "data", [tmp_path / "a.txt"])
        before = files_of(disk)
        (tmp_path / "b.txt").write_text("".join(f"第 {n} 句说幽灵。" for n in range(20_000)), "utf-8")
        with pytest.raises(BuildError, match="索引无法写入"):
            rebuild(disk / "data", [tmp_path / "b.txt"])
        assert files_of(disk) == before
        assert KnowledgeBase.open(disk / "data").generation.document("a.txt").text == "幽灵住在电脑里。"
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)  # files of it are still mapped
