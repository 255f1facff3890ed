import math
from collections.abc import Callable
from pathlib import Path

import pytest

from rag import prevalence
from rag.knowledge import KnowledgeBase
from rag.prevalence import PASSAGES, count, settled_rarity
from rag.table import save


def found(knowledge: KnowledgeBase, question: str, feature: str) -> float:
    """Return a settled share of the best sentence, 0 where there is none."""
    evidence = knowledge.explain(question).evidence
    return evidence[0].features[feature] if evidence else 0.0


def test_count_is_the_share_of_passages_that_hold_a_token() -> None:
    passages = [["公司", "公司", "模型"]] * 20 + [["公司", "幽灵"]] * 19 + [["动物"]]
    assert count(passages) == {"公司": 97_500, "模型": 50_000}


def test_ordinary_text_is_counted_beside_the_documents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prevalence, "TABLE", tmp_path / "prevalence.json")
    save({"好处": 10_000}, prevalence.TABLE)
    held = 2 + PASSAGES * 0.1
    expected = math.log(1 + (PASSAGES + 10 - held + 0.5) / (held + 0.5))
    assert settled_rarity("好处", 2, 10) == pytest.approx(expected)
    assert settled_rarity("rlvr", 2, 10) == pytest.approx(math.log(1 + (PASSAGES + 8 + 0.5) / 2.5))


def test_in_one_article_its_topic_is_rarer_than_a_word_that_everyone_uses() -> None:
    # Of 20 passages 12 speak of the topic, and none says 使用.
    plain = math.log(1 + 8.5 / 12.5), math.log(1 + 20.5 / 0.5)
    assert plain[0] < plain[1]
    assert settled_rarity("rlvr", 12, 20) > settled_rarity("使用", 0, 20)


def test_in_a_large_collection_ordinary_text_goes_under() -> None:
    size, frequency = 1_000_000, 5_000
    plain = math.log(1 + (size - frequency + 0.5) / (frequency + 0.5))
    assert settled_rarity("公司", frequency, size) == pytest.approx(plain, abs=0.02)


@pytest.mark.parametrize("question", ["可以转租吗？", "需要转租的情况下应该怎么办？", "现在还能转租吗？"])
def test_what_holds_a_question_together_need_not_be_said(
    knowledge_of: Callable[[dict[str, str]], KnowledgeBase], question: str
) -> None:
    text = "房屋不得转租。\n\n租金按季支付。\n\n押金三日内退还。\n\n物业费由甲方承担。"
    knowledge = knowledge_of({"合同": text})
    assert found(knowledge, question, "soft_with_passage") > 0.9
    assert found(knowledge, question.replace("转租", "装修"), "soft_with_passage") < 0.7


@pytest.mark.parametrize("question", ["能转租吗？", "现在还能转租吗？", "一般最多可以转租吗？"])
def test_bigrams_of_what_helps_need_not_be_said(
    knowledge_of: Callable[[dict[str, str]], KnowledgeBase], question: str
) -> None:
    knowledge = knowledge_of({"合同": "房屋不得转租。\n\n租金按季支付。\n\n押金三日内退还。"})
    assert found(knowledge, question, "bigrams_with_document") == 1


def test_bigrams_of_what_helps_count_where_there_are_no_others(
    knowledge_of: Callable[[dict[str, str]], KnowledgeBase],
) -> None:
    knowledge = knowledge_of({"访谈": "记者：最难的是什么时候？\n\n教师：地震那年。\n\n后来村里通了路。"})
    assert knowledge.ask("最难的是什么时候？").status == "answered"
