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


KINDRED = TITLES | {"红河纺织公司": "织布。", "绿洲农业公司": "种玉米。", "西湖": "在杭州。"}


@pytest.fixture(scope="module")
def kindred(knowledge_of: Callable[[dict[str, str]], KnowledgeBase]) -> Titles:
    return Titles(knowledge_of(KINDRED).generation)


def misnamed(titles: Titles, title: str, question: str) -> float:
    return titles.misnamed(title, bigrams(fold(question)))


def test_another_of_the_kind_is_named(kindred: Titles) -> None:
    asked = "黑土化工公司去年的销售额是多少？"
    assert [misnamed(kindred, title, asked) for title in KINDRED] == [1, 1, 1, 1, 0]
    assert misnamed(kindred, "青山钢铁公司", "青山钢铁公司去年的销售额是多少？") == 0
    assert misnamed(kindred, "红河纺织公司", "青山钢铁公司去年的销售额是多少？") == 1


def test_who_does_not_name_the_kind_names_no_other_of_it(kindred: Titles) -> None:
    assert misnamed(kindred, "青山钢铁公司", "去年的销售额是多少？") == 0


@pytest.mark.parametrize("asked", ["青山钢铁公司年假几天？", "公司年假几天？"])
def test_papers_that_begin_with_one_name_are_not_of_others(
    asked: str, knowledge_of: Callable[[dict[str, str]], KnowledgeBase]
) -> None:
    papers = {f"青山钢铁公司{kind}": "一句话。" for kind in ("员工手册", "报销办法", "考勤制度", "采购流程")}
    assert misnamed(Titles(knowledge_of(papers).generation), "青山钢铁公司员工手册", asked) == 0


def test_a_title_that_nothing_tells_from_others_names_none(kindred: Titles) -> None:
    assert misnamed(kindred, "公司", "黑土化工公司的销售额") == 0


def test_a_part_of_its_name_is_enough(kindred: Titles) -> None:
    field, apart = kindred._generation.lexical.bigrams, {"青山", "山钢", "钢铁", "铁公"}
    told = field.rarity("青山") / sum(map(field.rarity, apart))
    of_part = misnamed(kindred, "青山钢铁公司", "青山公司的销售额")
    assert of_part == pytest.approx(max(0, 1 - told / 0.3), abs=1e-9)
    assert of_part < 0.2


def test_two_titles_have_nothing_in_common_yet(companies: KnowledgeBase, knowledge: KnowledgeBase) -> None:
    assert misnamed(Titles(companies.generation), "青山钢铁公司", "黑土化工公司的销售额") == 0
    assert misnamed(Titles(knowledge.generation), "2025 LLM Year in Review", "2024 Year in Review") == 0


def test_titles_of_one_document_are_counted_once(
    knowledge_of: Callable[[dict[str, str]], KnowledgeBase],
) -> None:
    long = "\n\n".join(f"第{number}段说的是钢铁与煤炭的产量。" * 12 for number in range(6))
    generation = knowledge_of({**KINDRED, "青山钢铁公司": long}).generation
    assert len(generation.contents.passages) > 8
    assert misnamed(Titles(generation), "青山钢铁公司", "黑土化工公司的销售额") == 1


def test_what_few_of_many_titles_hold_they_do_not_have_in_common(
    knowledge_of: Callable[[dict[str, str]], KnowledgeBase],
) -> None:
    others = {f"{chr(0x4E00 + 50 * number)}字号文件": "一句话。" for number in range(80)}
    titles = Titles(knowledge_of(KINDRED | others).generation)
    assert misnamed(titles, "青山钢铁公司", "黑土化工公司的销售额") == 0
    assert misnamed(titles, "一字号文件", "天字号文件说了什么？") == 1
