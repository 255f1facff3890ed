import pytest

from rag.knowledge import KnowledgeBase
from rag.question import understand


@pytest.mark.parametrize(
    "question",
    [
        "哪一种软件",
        "哪種軟體？",
        "哪个软件",
        "哪三个软件？",
        "是哪款软件",
        "什么软件",
        "甚麼軟體",
        "哪些软件呢",
        "几个软件",
        "何种软件",
        "软件有多大？",
        "软件多大了",
        "软件多少钱",
        "软件是啥来着？",
        "软件没有？",
        "软件呗",
    ],
)
def test_what_asks_is_no_topic(knowledge: KnowledgeBase, question: str) -> None:
    assert understand(question, knowledge.generation).topic.strip(" ?") == "软件"


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("哪国的软件", ["国", "软件"]),
        ("几世纪的软件", ["世纪", "软件"]),
        ("软件支持多大众化的格式", ["软件", "支持", "多大众化", "格式"]),
        ("软件差很多大吗", ["软件", "差", "很多", "大"]),
        ("软件几乎免费吗", ["软件", "几乎", "免费"]),
        ("哪吒是谁", ["哪吒"]),
        ("十几个软件", ["十几个", "软件"]),
        ("软件贵不贵", ["软件", "贵"]),
        ("软件退没退，值不值得", ["软件", "退", ",", "值得"]),
        ("软件动不动时不时崩溃", ["软件", "动不动", "时不时", "崩溃"]),
        ("软件免费不？能退没有", ["软件", "免费", "?", "能退"]),
        ("软件绝不收费，没有广告", ["软件", "绝不", "收费", ",", "没有", "广告"]),
        ("软件为什么沉没", ["软件", "沉没"]),
    ],
)
def test_what_is_asked_about_stays(knowledge: KnowledgeBase, question: str, topic: list[str]) -> None:
    words = understand(question, knowledge.generation).topic
    assert "".join(words.split()) == "".join(topic)


def test_a_chinese_question_about_a_latin_name_is_about_that_name(knowledge: KnowledgeBase) -> None:
    asked = understand("Vibe Coding 是什么？", knowledge.generation)
    assert asked.topic.strip(" ?") == "vibe coding"
    assert asked.names == ("氛围编码",)
    assert asked.asks_definition
    assert "氛围编码" in understand("What is vibe coding?", knowledge.generation).topic


@pytest.mark.parametrize("question", ["RLVR 的好处是什么？", "为什么说幽灵", "氛围编码和参差智能是什么？"])
def test_other_questions_ask_for_no_definition(knowledge: KnowledgeBase, question: str) -> None:
    assert not understand(question, knowledge.generation).asks_definition


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        (
            "RLVR 的英文全称是什么？",
            "rlvr 基于可验证奖励的强化学习 reinforcement learning from verifiable rewards",
        ),
        ("氛围编码用英文怎么说？", "氛围编码 vibe coding"),
        ("氛圍編碼的英文名稱", "氛围编码 vibe coding"),
        ("Vibe Coding 中文叫什么", "vibe coding 氛围编码"),
        ("Vibe Coding 的英文教程", "vibe coding 英文 教程"),
        ("Cursor 的全称是什么", "cursor 全称"),
    ],
)
def test_who_asks_for_another_name_asks_where_both_stand(
    knowledge: KnowledgeBase, question: str, topic: str
) -> None:
    words = understand(question, knowledge.generation).topic.replace("?", "")
    assert "".join(words.split()) == "".join(topic.split())


def test_another_name_is_answered(knowledge: KnowledgeBase) -> None:
    answer = knowledge.ask("RLVR 的全称是什么？")
    assert "reinforcement learning from verifiable rewards" in answer.citations[0].quote.lower()
    assert answer.status == "answered"


def test_english_words_that_hold_a_question_together_are_no_topic_of_one_in_english(
    knowledge: KnowledgeBase,
) -> None:
    def topic(question: str) -> list[str]:
        return understand(question, knowledge.generation).topic.split()

    assert not {"as", "of", "this", "they", "get"} & {
        *topic("As of this year, how do they get benchmarks?"),
    }
    assert "this" in topic("Java 的 this 是什么")


@pytest.mark.parametrize(
    ("question", "topic"),
    [("谁 compete", "compete"), ("一个 benchmark", "benchmarks"), ("claud code", "claude code")],
)
def test_an_english_word_is_no_misspelt_name_unless_only_its_number_differs(
    knowledge: KnowledgeBase, question: str, topic: str
) -> None:
    assert topic in understand(question, knowledge.generation).topic
