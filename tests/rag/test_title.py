from collections.abc import Callable

import pytest

from index.fold import fold
from index.segmenter import bigrams
from rag.features import NAMES, Describer
from rag.knowledge import KnowledgeBase
from rag.question import understand
from rag.retrieval import PASSAGES, retrieve
from rag.title import ALONE, Titles

TITLES = {"青山钢铁公司": "生产钢材。去年销售额是 3 亿元。", "白水食品公司": "生产饼干。去年消耗 500 吨煤。"}


@pytest.fixture(scope="module")
def companies(knowledge_of: Callable[[dict[str, str]], KnowledgeBase]) -> KnowledgeBase:
    return knowledge_of(TITLES)


@pytest.mark.parametrize(
    "question", ["青山公司和食品", "青山钢铁公司的销售额", "煤", "白水食品公司与青山钢铁公司"]
)
def test_the_share_of_each_title_by_sets(companies: KnowledgeBase, question: str) -> None:
    field = companies.generation.lexical.bigrams
    asked = set(bigrams(fold(question)))
    shares = [
        sum(field.rarity(pair) for pair in set(bigrams(title)) & asked)
        / sum(field.rarity(pair) for pair in set(bigrams(title)))
        for title in TITLES
    ]
    assert Titles(companies.generation).named([*TITLES, *TITLES], asked) == pytest.approx(shares * 2)


def test_a_sentence_belongs_to_what_the_question_names_or_not(companies: KnowledgeBase) -> None:
    def named(text: str) -> dict[str, float]:
        question = understand(text, companies.generation)
        describer = Describer(companies.generation, companies.generation.embedder)  # type: ignore[arg-type]
        described = describer.describe(question, retrieve(question, companies.generation, PASSAGES))
        shares = described.features[:, NAMES.index("named")].tolist()
        return dict(zip((one.document.title for one in described.passages), shares, strict=True))

    of_both = named("白水食品公司去年消耗多少吨煤？")
    assert of_both["白水食品公司"] == pytest.approx(1)
    assert 0 < of_both["青山钢铁公司"] < 0.5  # 公司
    assert set(named("去年的销售额是多少？").values()) == {0}


def test_the_only_document_need_not_be_named(knowledge: KnowledgeBase) -> None:
    titles = Titles(knowledge.generation)
    assert titles.named(["2025 LLM Year in Review"] * 2, ["llm", "review"]) == [ALONE, ALONE]


def test_none_of_several_documents_named_has_to_speak_of_the_others(companies: KnowledgeBase) -> None:
    def found(text: str) -> float:
        question = understand(text, companies.generation)
        describer = Describer(companies.generation, companies.generation.embedder)  # type: ignore[arg-type]
        described = describer.describe(question, retrieve(question, companies.generation, PASSAGES))
        return float(described.features[:, NAMES.index("soft_with_passage")].max())

    asked = "去年的销售额和消耗的煤分别是多少？"
    both, one = f"青山钢铁公司和白水食品公司{asked}", f"青山钢铁公司{asked}"
    assert found(both) > found(one) + 0.05


def test_what_is_named_beside_one_title_is_not_taken_for_another(companies: KnowledgeBase) -> None:
    titles = Titles(companies.generation)
    assert titles.several(["青山钢铁公司", "白水食品公司"], [1.0, 0.6]) == frozenset()
    assert titles.several(["青山钢铁公司", "青山钢铁公司"], [1.0, 1.0]) == frozenset()
    tokens = titles.several(["青山钢铁公司", "白水食品公司"], [0.7, 1.0])
    assert {"青山", "钢铁", "白水", "食品", "山钢"} <= tokens
