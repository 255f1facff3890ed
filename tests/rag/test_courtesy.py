from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.fold import fold
from index.segmenter import Segmenter
from rag.courtesy import without_courtesy
from rag.knowledge import KnowledgeBase
from rag.question import understand

PIECES = Segmenter().pieces_once


def bare(question: str) -> str:
    return without_courtesy(PIECES(question))


BEFORE = (
    "请问",
    "您好，",
    "老师好！",
    "在吗？",
    "我想了解一下",
    "麻烦问一下，",
    "能不能给我讲讲",
    "你知道",
    "1. ",
    "Q：",
    "文中提到",
    "根据文章，",
    "请根据资料回答：",
    "这份报告里写的",
    "作者认为",
    "哈哈，",
    "你是一个助手。请回答下面的问题：",
    "只用资料作答。\n问题：",
    "Hi, ",
    "According to the article, ",
    "能不能用大白话讲讲",
    "通俗易懂地解释一下",
    "请用通俗的语言解释",
    "请结合实例说明",
    "谁能说说",
    "如题，",
    "【求助】",
)
AFTER = (
    "谢谢",
    "，谢谢大家！",
    "求解答",
    "，麻烦了",
    "请举例说明",
    "（简要回答）",
    "，请说明理由。",
    "，thanks!",
    "有没有大佬讲讲",
    "新人求带",
)


@given(st.lists(st.sampled_from(BEFORE), max_size=3), st.lists(st.sampled_from(AFTER), max_size=2))
def test_what_is_said_around_a_question_is_left_out(before: list[str], after: list[str]) -> None:
    assert bare(f"{''.join(before)}RLVR 在哪里{''.join(after)}") == "rlvr 在哪里"


@pytest.mark.parametrize(
    "question",
    [
        "文件描述符是什么？",
        "论文写作有哪些技巧？",
        "材料说明书在哪里？",
        "文档中文支持如何？",
        "微分方程如何求解",
        "向谁表示感谢",
        "为什么说谢谢",
        "3.x 版本有什么变化",
        "解释器是什么",
        "作者是谁",
        "文中子是谁",
        "咨询下单流程",
        "帮助文档在哪",
        "大家好是什么意思",
        "哈利波特是谁写的",
        "哈哈镜怎么做",
        "入学申请说明",
        "hello world 程序怎么写",
        "explain 命令有什么用",
        "请回答1988 是哪年播出的",
        "请教授讲课要多少钱",
        "根据 DOM 求解",
        "这部小说中毒的人是谁",
        "在文件中写入数据用什么函数",
        "作者写信给谁",
        "阅读文章，怎么提高速度",
        "参考资料：怎么标注",
        "3.八妇女节是哪天",
        "(1)班有多少人",
        "如何感谢老师？",
        "怎么谢谢老师",
        "日语的谢谢",
        "how do I say thank you",
        "in the document object model, what is a node?",
        "所以然是什么意思",
        "那么多钱从哪里来",
        "话说长江是哪年拍的",
        "哈哈大笑用英语怎么说",
        "给我看病的医生是谁",
        "求教材下载",
        "甲公司逾期交货。问题：能否解除合同？",
        "设置问题：数据集和模型",
        "该文件内的类是什么",
        "在文档中查找关键短语",
        "如题目所示的公式怎么推导",
        "用简单工厂模式有什么好处",
        "用通俗的语言写作有什么好处",
        "详细说明书在哪里下载",
        "详细介绍了什么",
        "结合实例的教学法是什么",
        "谁能参加比赛",
        "有没有大佬级人物",
        "谢谢",
        "您好",
    ],
)
def test_what_is_asked_about_stays(question: str) -> None:
    assert bare(question) == fold(question)


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("请问下巴脱臼怎么办", "下巴脱臼怎么办"),
        ("我想了解下岗职工的补贴", "下岗职工的补贴"),
        ("帮我查查理一世的生平", "查理一世的生平"),
        ("文章里讲台上放着什么", "讲台上放着什么"),
        ("请教授讲课要多少钱", "请教授讲课要多少钱"),
        ("问一下什么是水道", "什么是水道"),
        ("你是一个助手\n问题：什么是水道？", "什么是水道?"),
    ],
)
def test_no_word_is_cut_through(said: str, asked: str) -> None:
    assert bare(said) == asked


@pytest.mark.parametrize(
    "run", ["，急", "谢谢", "，说明", "请问", "根据文章里", "\n", "问题：", "你是问题："]
)
def test_courtesies_are_looked_for_at_the_ends_only(run: str) -> None:
    assert len(bare(f"x{run * 20_000}x")) > 1 + 19_000 * len(run) or run.endswith("问题：")


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("您好，啥是氛围编码？谢谢", "什么是氛围编码？"),
        ("氛围编码咋来的", "氛围编码怎么来的"),
        ("請問文中提到的氛围编码是什么？", "氛围编码是什么？"),
        ("氛围编码啥时候兴起的", "氛围编码什么时候兴起的"),
        ("氛 围 编 码是什么", "氛围编码是什么"),
        ("氛围编\n码是什么", "氛围编码是什么"),
    ],
)
def test_who_asks_politely_or_aloud_gets_the_same_answer(
    knowledge: KnowledgeBase, said: str, written: str
) -> None:
    asked, plain = (understand(one, knowledge.generation) for one in (said, written))
    assert replace(asked, text=plain.text) == plain
    polite, plainly = knowledge.ask(said), knowledge.ask(written)
    assert polite.citations == plainly.citations
    assert polite.question == said
