"""The commands that README gives for a running server do what it says."""

import re
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from api.job import Jobs

ROOT = Path(__file__).parent.parent.parent
BLOCK = re.search(
    r"立即得到一个任务（202）：\n\n```sh\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL
)


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl; on Debian: apt-get install curl")
def test_adding_rebuilding_going_back_and_evaluating(own_data: Path, tmp_path: Path, serve: object) -> None:
    assert BLOCK
    (tmp_path / "README.md").write_text("# 海豚\n\n海豚睡觉时只有半个大脑休息。\n", "utf-8")
    with serve(own_data, tmp_path / "log") as address:  # type: ignore[operator]
        for line in BLOCK[1].splitlines():
            command = line.replace("curl ", "curl -S --fail-with-body --max-time 60 ").replace(
                "localhost:8000", address
            )
            done = subprocess.run(
                ["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, timeout=90, check=False
            )
            assert done.returncode == 0, (line, done.stdout, done.stderr)
            if "event-stream" in line:
                assert re.search(r'event: job\ndata: .*"status": ?"succeeded"', done.stdout), done.stdout
        unfinished = httpx.post(f"{address}/evaluations").json()["id"]
    assert Jobs(own_data).get(unfinished).status == "cancelled"  # by the end of the server
    assert "评测" in (tmp_path / "报告.html").read_text("utf-8")
