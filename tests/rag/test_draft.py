from pathlib import Path

from rag.draft import drafts
from rag.knowledge import KnowledgeBase, rebuild

TEXT = """# 向量检索

## 1. 为什么需要向量检索？

因为词不同而意思相同的句子，只有向量能找到。

## 安装

嵌入模型是一种把文字变成向量的模型。这是一个例子。“检索增强生成(Retrieval-Augmented Generation)”很有用。
"""


def test_drafts_come_from_headings_definitions_and_terms(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(TEXT, "utf-8")
    rebuild(tmp_path / "data", [tmp_path / "a.md"])
    found = drafts(KnowledgeBase.open(tmp_path / "data").generation)
    assert [(one.kind, one.question, one.evidence[0][:6]) for one in found] == [
        ("heading", "为什么需要向量检索？", "因为词不同而"),
        ("definition", "什么是嵌入模型？", "嵌入模型是一"),
        ("term", "什么是检索增强生成？", "“检索增强生"),
    ]
    assert all(one.draft and one.evidence[0] in TEXT for one in found)
    assert len({one.id for one in found}) == 3
