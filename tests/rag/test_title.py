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
def test_the_share_of_a_title_by_sets(companies: KnowledgeBase, question: str) -> None:
    field = companies.generation.lexical.bigrams
    asked = set(bigrams(fold(question)))
    shares = [
        sum(field.rarity(pair) for pair in set(bigrams(title)) & asked)
        / sum(field.rarity(pair) for pair in set(bigrams(title)))
        for title in TITLES
    ]
    assert Titles(companies.generation).named(TITLES, asked) == pytest.approx(max(shares))


def test_a_question_names_what_it_asks_of(companies: KnowledgeBase) -> None:
    def named(text: str) -> float:
        question = understand(text, companies.generation)
        describer = Describer(companies.generation, companies.generation.embedder)  # type: ignore[arg-type]
        features = describer.describe(question, retrieve(question, companies.generation, PASSAGES)).features
        assert len(set(features[:, NAMES.index("named")].tolist())) == 1
        return float(features[0, NAMES.index("named")])

    assert named("白水食品公司消耗多少吨煤？") == pytest.approx(1)
    assert named("去年的销售额是多少？") == 0
    assert Titles(companies.generation).named([], ["公司"]) == 0


def test_the_only_document_need_not_be_named(knowledge: KnowledgeBase) -> None:
    titles = Titles(knowledge.generation)
    assert titles.named(["2025 LLM Year in Review"], ["llm", "review"]) == ALONE == titles.named([], [])
