"""What takes minutes: builds killed at any moment, and sources of unusual size."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from index.service import generations
from rag.knowledge import KnowledgeBase, rebuild

BUILD = (
    "import sys; from pathlib import Path; from rag.knowledge import rebuild\n"
    "rebuild(Path(sys.argv[1]), [Path(sys.argv[2])], full=sys.argv[3] == 'full', keep=3)"
)
KILLS = 100


def texts_of(data: Path) -> dict[str, str]:
    return {one.id: one.text for one in KnowledgeBase.open(data).generation.contents.documents}


def leftovers(data: Path) -> list[str]:
    hidden = [path.name for path in (*data.iterdir(), *generations(data).iterdir()) if path.name[0] == "."]
    return [name for name in hidden if name != ".lock"]


@pytest.mark.soak
def test_builds_killed_at_any_moment_lose_nothing(tmp_path: Path) -> None:
    rng = random.Random(0)
    source, data = tmp_path / "source", tmp_path / "data"
    source.mkdir()
    written = {f"{n}.md": f"# 第 {n} 篇\n\n幽灵住在第 {n} 台电脑里。" * 20 for n in range(40)}
    for name, text in written.items():
        (source / name).write_text(text, "utf-8")
    rebuild(data, [source])
    # A killed process leaves a broken coverage file behind.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    begun = time.monotonic()
    subprocess.run([sys.executable, "-c", BUILD, str(data), str(source), "full"], check=True, env=environment)
    longest = time.monotonic() - begun
    killed = 0
    snapshots, served = [texts_of(data)], 0
    for number in range(KILLS):
        name = f"{rng.randrange(40)}.md"
        (source / name).write_text(f"# 改了 {number} 次\n\n“幽灵{number}”(Ghost {number})住在书里。", "utf-8")
        snapshots.append(snapshots[-1] | {name: (source / name).read_text("utf-8")})
        how = ("full", "again")[number % 2]
        process = subprocess.Popen(
            [sys.executable, "-c", BUILD, str(data), str(source), how],
            env=environment,
            stderr=subprocess.DEVNULL,
        )
        try:
            process.wait(rng.uniform(0, longest))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait(10)
            killed += 1
        assert KnowledgeBase.open(data).warning is None
        served = snapshots.index(texts_of(data), served)  # one of them, whole, and never an earlier one
    rebuild(data, [source])
    assert texts_of(data) == {path.name: path.read_text("utf-8") for path in source.iterdir()}
    assert leftovers(data) == []
    assert killed > KILLS / 2


@pytest.mark.soak
def test_ten_thousand_tiny_files(tmp_path: Path) -> None:
    source, data = tmp_path / "source", tmp_path / "data"
    source.mkdir()
    for number in range(10_000):
        (source / f"{number}.txt").write_text(f"第 {number} 个文件说：幽灵住在电脑里。", "utf-8")
    assert rebuild(data, [source]).counts["documents"] == 10_000
    (source / "77.txt").write_text("改了。", "utf-8")
    report = rebuild(data)
    assert report.changes == {"added": 0, "edited": 1, "renamed": 0, "removed": 0, "kept": 0}
    assert KnowledgeBase.open(data).generation.document("9999.txt").text.startswith("第 9999 个")


@pytest.mark.soak
def test_a_file_of_fifty_megabytes(tmp_path: Path, review) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "large.txt"
    with path.open("w", encoding="utf-8") as file:
        while file.tell() < 50e6:
            file.write(review.text + "\n")
    report = rebuild(tmp_path / "data", [path])
    assert report.counts["characters"] > 15e6
    assert KnowledgeBase.open(tmp_path / "data").ask("什么是氛围编码？").status == "answered"
