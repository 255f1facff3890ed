from pathlib import Path

import pytest

from rag import echo as echoes
from rag.echo import count, echo
from rag.table import save


def test_count_is_the_share_of_answers_that_repeat_a_word() -> None:
    pairs = [(["who", "ghost", "ghost"], ["ghost", "karpathy"])] * 15 + [(["who", "rare"], ["animal"])]
    table = count(pairs)
    # "rare" was seen once, and its text did not repeat it: seldom words are echoed 0 of 1 times.
    assert table == {"": 0.0, "ghost": round(15 / 20, 3), "who": 0.0}


def test_a_seldom_word_counts_as_seldom_words_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(echoes, "TABLE", tmp_path / "echo.json")
    save({"": 0.6, "谁": 0.1}, echoes.TABLE)
    assert (echo("谁"), echo("氛围")) == (0.1, 0.6)


def test_words_that_ask_are_worth_less_than_what_they_ask_about() -> None:
    asking = max(echo(word) for word in ("什么", "多少", "哪里", "为什么", "全称"))
    assert asking < min(echo(word) for word in ("编码", "1980", "karpathy"))
