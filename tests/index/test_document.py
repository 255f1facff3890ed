import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.document import Document, canonical


@given(st.text())
def test_canonical_text_is_stable_and_encodable(raw: str) -> None:
    text = canonical(raw)
    assert canonical(text) == text
    text.encode("utf-8")
    assert "\r" not in text
    assert not any(ord(c) < 32 and c not in "\n\t" for c in text)


def test_newlines_controls_and_surrogates() -> None:
    assert canonical("\ufeff一\r\n二\r三\u2028四\x00五\ud800六\t七") == "一\n二\n三\n四 五\ufffd六\t七"


def test_markdown_headings_but_not_in_code() -> None:
    text = "# 甲\n\n文。\n\n```sh\n# 不是标题\n```\n\n## 乙 ##\n正文。"
    document = Document("d", "d", text)
    assert [(h.level, h.title) for h in document.headings] == [(1, "甲"), (2, "乙")]
    assert all(text[h.start : h.end].startswith("#") for h in document.headings)
    assert document.headings_at(text.index("正文")) == ["甲", "乙"]
    assert document.headings_at(0) == ["甲"]


def test_a_heading_may_end_in_a_name_with_a_number_sign() -> None:
    text = "# 用 C#\n## F# ##\n### ##\n#   \n# \u3000甲\u3000"
    titles = [heading.title for heading in Document("d", "d", text).headings]
    assert titles == ["用 C#", "F#", "##", "甲"]


def test_a_heading_that_is_mostly_blank_is_read_at_once() -> None:
    blank = " " * 100_000
    assert not Document("d", "d", f"# 甲{blank}乙{'#' * 100_000}丙").headings


def test_a_line_that_is_a_whole_text_is_no_heading_and_a_long_title_is_cut() -> None:
    text = f"# {'海' * 500}\n# {'豚' * 501}"
    document = Document("d", "题" * 501, text)
    assert [heading.title for heading in document.headings] == ["海" * 500]
    assert document.context_at(len(text)) == f"{'题' * 500}\n{'海' * 500}"


def test_underlined_headings() -> None:
    text = "甲\n===\n\n文一行。\n---\n\n乙\n---\n\n表 | 格\n--- | ---\n\n两行\n字\n---\n\n| 丙 |\n---\n"
    document = Document("d", "d", text)
    assert [(h.level, h.title) for h in document.headings] == [(1, "甲"), (2, "乙")]
    assert all(text[h.start : h.end] == h.title for h in document.headings)


def test_what_comes_before_markdown_holds_no_heading() -> None:
    assert not Document("d", "d", "---\ntitle: 甲\n---\n\n---\ntitle: 甲\ntags: [乙]\n---\n文。").headings


def test_a_later_heading_of_the_same_level_replaces_the_earlier() -> None:
    text = "# 甲\n一\n## 乙\n二\n# 丙\n三"
    document = Document("d", "d", text)
    assert document.headings_at(text.index("三")) == ["丙"]


def test_plain_headings_stand_alone(review: Document) -> None:
    assert [heading.title[:4] for heading in review.headings] == ["主题一:", "主题二:", "主题三:"]
    joined = Document("d", "d", "前文。\n主题一:不是标题\n后文。")
    assert not joined.headings
    prose = Document("d", "d", "前文。\n\n一、这一行以句号结尾。\n\n后文。")
    assert not prose.headings


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("一、租期\n1.1 租一年。\n\n二、押金\n1、三日内退。\n2、不计息。", ["一、租期", "二、押金"]),
        ("【禁忌】\n1.孕妇禁用。\n【贮藏】密封保存。\n【规格】\n每盒十粒。", ["【禁忌】", "【规格】"]),
        (
            "1 引言\n城市内涝频繁。\n2.1 研究区\n研究区在无锡。\n2.2 数据\n有三类。",
            ["1 引言", "2.1 研究区", "2.2 数据"],
        ),
        ("年报摘要\n第二节 公司简介\n公司做电池。", ["第二节 公司简介"]),
        ("材料：\n\n（一）身份证\n（二）照片\n交到窗口。", []),
        ("目录\n\n第一章 总则\n第二章 休假\n第三章 离职\n正文从略", []),
        ("1. 打开终端\n   输入命令。\n\n2. 按回车，等一会儿\n就好了。", []),
        ("步骤\n1、接通电源\n灯亮了。", []),
    ],
)
def test_plain_headings_over_text(text: str, titles: list[str]) -> None:
    assert [heading.title for heading in Document("d", "d", text).headings] == titles


def test_the_review_ships_verbatim(review: Document) -> None:
    import hashlib

    from index.source import BUNDLED

    (path,) = BUNDLED.glob("*.txt")
    assert path.read_text("utf-8") == review.text
    assert review.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert review.title == "2025 LLM Year in Review"
    assert review.about["author"] == "Limboy"
    assert "reader's own document" in review.about["note"]


def test_another_fence_inside_a_fence() -> None:
    assert not Document("d", "d", "```\n~~~\n# 不是标题\n```\n").headings


def test_headings_of_a_long_document_are_found_fast_enough_to_ask_for_each() -> None:
    text = "# 甲\n文。\n" * 20_000
    document = Document("d", "d", text)
    assert all(document.headings_at(offset) == ["甲"] for offset in range(0, len(text), 7))
