import gzip
import json
from pathlib import Path

import pytest

from rag.alignment import align, main, pairs
from rag.knowledge import KnowledgeBase
from rag.question import understand
from rag.translation import TABLE, chinese

SENTENCES = [
    (["red", "house"], ["红", "房子"]),
    (["red", "car"], ["红", "汽车"]),
    (["blue", "house"], ["蓝", "房子"]),
    (["blue", "car"], ["蓝", "汽车"]),
] * 3


def test_words_that_come_together_are_each_others_translation() -> None:
    table = align(SENTENCES)
    assert {word: next(iter(others)) for word, others in table.items()} == {
        "red": "红",
        "blue": "蓝",
        "house": "房子",
        "car": "汽车",
    }
    assert all(0 < share <= 1 for others in table.values() for share in others.values())


def test_the_first_round_by_hand() -> None:
    """With one pair of sentences, nothing tells the words apart: all shares stay even."""
    assert align([(["a", "b"], ["甲", "乙"])] * 4) == {word: {"甲": 0.5, "乙": 0.5} for word in "ab"}


def test_it_reads_what_it_is_given_and_writes_a_table(tmp_path: Path) -> None:
    (tmp_path / "parallel").mkdir()
    rows = [
        {"en": f"The {colour} {thing}.", "zh": f"{farbe}{ding}。"}
        for colour, farbe in (("yellow", "黄色"), ("green", "绿色"))
        for thing, ding in (("ship", "轮船"), ("bridge", "桥梁"))
    ]
    with gzip.open(tmp_path / "parallel" / "x.jsonl.gz", "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in rows * 3)
    assert next(pairs(tmp_path)) == (["yellow", "ship"], ["黄色", "轮船"])
    main(tmp_path, tmp_path / "table.json")
    table = json.loads((tmp_path / "table.json").read_text("utf-8"))
    assert {word: next(iter(others)) for word, others in table.items()} == {
        "yellow": "黄色",
        "green": "绿色",
        "ship": "轮船",
        "bridge": "桥梁",
    }


def test_the_bundled_table() -> None:
    assert next(iter(chinese("software"))) == "软件"
    assert chinese("没有") == {}
    table = json.loads(TABLE.read_text("utf-8"))
    assert list(table) == sorted(table)
    assert all(list(others.values()) == sorted(others.values(), reverse=True) for others in table.values())


@pytest.mark.parametrize(
    ("question", "word"), [("Why did benchmarks lose trust?", "基准"), ("What are the rewards?", "奖励")]
)
def test_an_english_question_is_looked_up_in_chinese(
    knowledge: KnowledgeBase, question: str, word: str
) -> None:
    assert word in understand(question, knowledge.generation).topic.split()


def test_only_words_that_the_documents_have_are_looked_up(knowledge: KnowledgeBase) -> None:
    generation = knowledge.generation
    topic = understand("Which penguin and software?", generation).topic.split()
    assert chinese("penguin")
    assert [word for word in topic if not generation.lexical.words.ids([word])] == ["penguin"]
