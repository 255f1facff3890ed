import math
from pathlib import Path

import pytest

from index.segmenter import Segmenter
from rag import absence as absences
from rag.absence import absence, count
from rag.table import save


def test_count_is_the_share_of_answers_that_repeat_a_word_or_a_seldom_one_of_its_kind() -> None:
    kinds = {"岳飞": "nr", "总是": "d", "通俗": "a", "问": "v", "常见": "a"}
    pairs = [
        (["岳飞", "总是", "常见"], ["岳飞"]),
        (["岳飞", "通俗", "常见"], ["岳飞"]),
        *[(["常见"], ["常见"])] * 4,
        (["问", "总是"], ["问", "总是"]),
    ]
    # Seldom ones stand in 6 questions, 4 times repeated: 20 more words of any kind weigh as much; one that is
    # asked 6 times is counted by itself, with 5 more questions.
    assert count(pairs, kinds.__getitem__) == {
        "/": round((20 * 4 / 6) / 20, 3),
        "/a": round((0 + 20 * 4 / 6) / 21, 3),
        "/d": round((1 + 20 * 4 / 6) / 22, 3),
        "/nr": round((2 + 20 * 4 / 6) / 22, 3),
        "/v1": round((1 + 20 * 4 / 6) / 21, 3),
        "常见": round((4 + 5 * 4 / 6) / 11, 3),
    }


def test_absence_is_the_evidence_of_what_is_not_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(absences, "TABLE", tmp_path / "absence.json")
    save({"/": 0.5, "/nr": 0.95, "谁": 0.1, "猫": 1.0}, absences.TABLE)
    assert absence("谁", str) == pytest.approx(-math.log(0.9))
    assert absence("猫", str) == pytest.approx(-math.log(0.02))
    assert absence("岳飞", lambda _: "nr") == pytest.approx(-math.log(0.05))
    assert absence("岳飞", lambda _: "x") == pytest.approx(-math.log(0.5))


def test_a_name_tells_more_than_another_word() -> None:
    kind = Segmenter(["盛达能源 3"]).kind
    others = max(absence(word, kind) for word in ("蹒跚", "慷慨", "飞机"))
    assert others < min(absence(word, kind) for word in ("盛达能源", "柏林", "岳飞", "kubernetes"))


def test_the_kind_of_a_word_is_jiebas() -> None:
    kind = Segmenter(["盛达能源 3"]).kind
    assert [kind(word) for word in ("盛达能源", "北京", "线程", "cursor", "程的")] == [
        "nz",
        "ns",
        "n",
        "eng",
        "",
    ]
