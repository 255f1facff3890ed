import json
from pathlib import Path

import pytest

from index.errors import EvidenceError, SettingError
from index.history import history, rollback
from index.service import current, generations
from rag.gate import Gate
from rag.knowledge import KnowledgeBase, rebuild

GOOD = "# 青蛙\n青蛙会游泳，也会唱歌。\n\n# 猫\n猫会爬树，不会游泳。\n"


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "q.jsonl"
    path.write_text('{"id": "q1", "question": "青蛙会什么？", "evidence": ["青蛙会游泳"]}', "utf-8")
    return path


def test_what_falls_short_is_kept_unpublished(own_data: Path, tmp_path: Path, questions: Path) -> None:
    (tmp_path / "a.md").write_text(GOOD, "utf-8")
    gate = Gate.parse(["hit@3=1.5"], ["false_answer_rate=0.5"])
    report = rebuild(own_data, [tmp_path / "a.md"], questions=questions, gate=gate)
    assert (report.generation, report.published, current(own_data)) == (2, False, 1)
    assert report.gate is not None
    assert ["hit@3" in one or "false_answer_rate" in one for one in report.gate["shortfalls"]] == [True, True]
    kept = json.loads((generations(own_data) / "2" / "report.json").read_text("utf-8"))
    assert kept["metrics"]["hit@3"]["value"] == report.gate["metrics"]["hit@3"] == 1
    assert [(e.number, e.in_service, e.published) for e in history(own_data)] == [
        (2, False, False),
        (1, True, True),
    ]
    assert KnowledgeBase.open(own_data).generation.number == 1
    assert rollback(own_data, 2) == 2
    assert KnowledgeBase.open(own_data).ask("青蛙会什么？").status == "answered"


def test_what_passes_is_published(own_data: Path, tmp_path: Path, questions: Path) -> None:
    (tmp_path / "a.md").write_text(GOOD, "utf-8")
    report = rebuild(own_data, [tmp_path / "a.md"], questions=questions, gate=Gate.parse(["hit@3=1"]))
    assert (report.published, current(own_data)) == (True, 2)
    assert history(own_data)[0].gate == report.gate


def test_questions_that_do_not_fit_publish_nothing(own_data: Path, tmp_path: Path, questions: Path) -> None:
    (tmp_path / "a.md").write_text("# 猫\n猫会爬树。", "utf-8")
    with pytest.raises(EvidenceError, match="q1"):
        rebuild(own_data, [tmp_path / "a.md"], questions=questions)
    assert [path.name for path in generations(own_data).iterdir()] == ["1"]
    assert current(own_data) == 1


def test_bounds_need_questions(own_data: Path) -> None:
    with pytest.raises(SettingError, match="--questions"):
        rebuild(own_data, gate=Gate.parse(["hit@3=1"]))
