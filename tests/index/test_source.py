import codecs
import json
import os
import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.document import Document
from index.encoding import decode
from index.errors import SourceError
from index.reader import Problem
from index.source import load

SIMPLIFIED = "大语言模型的发展历程：首先是预训练，接着是监督微调，最后是强化学习。"
TRADITIONAL = "大型語言模型的發展歷程：首先是預訓練，接著是監督微調，最後是強化學習。"


def split_up(items: list[Document | Problem]) -> tuple[dict[str, Document], list[Problem]]:
    documents = {item.id: item for item in items if isinstance(item, Document)}
    return documents, [item for item in items if isinstance(item, Problem)]


@pytest.mark.parametrize("times", [1, 40])
@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (SIMPLIFIED, "utf-8"),
        (SIMPLIFIED, "utf-8-sig"),
        (SIMPLIFIED, "utf-16"),
        (SIMPLIFIED, "utf-16-le"),
        (SIMPLIFIED, "utf-16-be"),
        (SIMPLIFIED, "gb18030"),
        (TRADITIONAL, "big5"),
        (TRADITIONAL, "utf-8"),
    ],
)
def test_encodings(text: str, encoding: str, times: int) -> None:
    assert decode((text * times).encode(encoding)) == text * times


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("幽灵", "gb18030"),
        ("你好，世界。", "gb18030"),
        ("第一行\r\n第二行", "gb18030"),
        ("氛圍編碼", "big5"),
        ("氛围编码", "utf-32"),
        ("氛围编码\n", "utf-16-le"),
    ],
)
def test_short_texts(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


def test_slices_of_the_review_in_gb18030(review: Document) -> None:
    rng = random.Random(0)
    for length in (3, 6, 12, 40):
        for start in rng.sample(range(len(review.text) - length), 60):
            part = review.text[start : start + length]
            assert decode(part.encode("gb18030")) == part


def test_gb18030_and_big5_of_the_review(review: Document) -> None:
    assert decode(review.text.encode("gb18030")) == review.text


@pytest.mark.parametrize(
    "raw",
    [
        os.urandom(3000),
        b"\x89PNG\r\n\x1a\n" + bytes(500),
        b"\x7fELF\x02\x01\x01" + bytes(90),
        b"\xff\xfe" + os.urandom(999),
    ],
)
def test_binary_is_refused(raw: bytes) -> None:
    with pytest.raises(SourceError, match="UTF-8"):
        decode(raw)


def test_a_folder(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "二.md").write_text("# 第二篇\n正文。", "utf-8")
    (tmp_path / "a.txt").write_text("正文。", "gb18030")
    (tmp_path / "a.meta.json").write_text('{"title": "甲", "author": "乙"}', "utf-8")
    (tmp_path / "c.jsonl").write_text(
        json.dumps({"_id": "x/1", "title": "丙", "text": "正文。"})
        + "\n\n"
        + '{"_id": "x2", "text": "文。"}\n',
        "utf-8",
    )
    (tmp_path / ".hidden.md").write_text("隐藏。", "utf-8")
    (tmp_path / "d.exe").write_bytes(b"MZ")
    (tmp_path / "loop").symlink_to(tmp_path)
    documents, problems = split_up(list(load([tmp_path])))
    assert list(documents) == ["a.txt", "x/1", "x2", "b/二.md"]
    assert not problems
    assert [document.title for document in documents.values()] == ["甲", "丙", "x2", "第二篇"]
    assert documents["a.txt"].about == {"author": "乙"}


def test_a_blank_title_is_none(tmp_path: Path) -> None:
    for name in ("a.md", "b.html"):
        (tmp_path / name).write_text("正文。", "utf-8")
        (tmp_path / name).with_suffix(".meta.json").write_text('{"title": " \\n"}', "utf-8")
    (tmp_path / "c.md").write_text("# \u3000\n正文。", "utf-8")
    (tmp_path / "d.jsonl").write_text('{"_id": "丁", "title": "\u3000", "text": "正文。"}', "utf-8")
    assert [one.title for one in load([tmp_path]) if isinstance(one, Document)] == ["a", "b", "c", "丁"]


def test_one_bad_source_is_reported_and_the_rest_is_read(tmp_path: Path) -> None:
    (tmp_path / "binary.txt").write_bytes(bytes(range(256)) * 9)
    (tmp_path / "empty.md").write_text(" \n", "utf-8")
    (tmp_path / "good.txt").write_text("好的。", "utf-8")
    (tmp_path / "lines.jsonl").write_text(
        '{"_id": "a", "text": "甲。"}\n{bad\n{"text": "无名"}\n[]\n', "utf-8"
    )
    (tmp_path / "twice.jsonl").write_text('{"_id": "a", "text": "又一个。"}\n', "utf-8")
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    (tmp_path / "unreadable.txt").symlink_to("/proc/self/mem")
    documents, problems = split_up(list(load([tmp_path])))
    assert list(documents) == ["good.txt", "a"]
    assert {Path(problem.source).name for problem in problems} == {
        "binary.txt", "empty.md", "gone.txt", "unreadable.txt", "twice.jsonl:1", "lines.jsonl:2", "lines.jsonl:3", "lines.jsonl:4"
    }  # fmt: skip
    assert all(problem.reason for problem in problems)


def test_a_source_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="nowhere"):
        list(load([tmp_path / "nowhere"]))


def test_a_file_of_another_kind_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.rtf"
    path.write_bytes(b"{\\rtf1}")
    (problem,) = load([path])
    assert isinstance(problem, Problem)
    assert ".rtf" in problem.reason


def test_a_document_of_another_kind_in_a_folder_is_told_of(tmp_path: Path) -> None:
    for name in ("旧.doc", "表.XLSX", "图.png", ".藏.doc", "~$正在写.docx", "好.txt"):
        (tmp_path / name).write_text("好的。", "utf-8")
    documents, problems = split_up(list(load([tmp_path])))
    assert list(documents) == ["好.txt"]
    assert {Path(one.source).name: one.reason.split("；")[0] for one in problems} == {
        "旧.doc": "不支持的文件类型 .doc",
        "表.XLSX": "不支持的文件类型 .xlsx",
    }


def test_offsets_count_canonical_text(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(codecs.BOM_UTF8 + "甲\r\n乙\x00丙，后面还有一些文字".encode())
    (document,) = load([path])
    assert isinstance(document, Document)
    assert document.text == "甲\n乙 丙，后面还有一些文字"


DEEP = "[" * 100_000


@pytest.mark.parametrize(
    "line", ['{"_id": "a", "text": ' + "1" * 5000 + "}", DEEP, "NaN", '{"_id": null, "text": "x"}']
)
def test_a_hostile_line_is_only_a_problem(tmp_path: Path, line: str) -> None:
    path = tmp_path / "c.jsonl"
    path.write_text(f'{line}\n{{"_id": "ok", "text": "好的。"}}\n', "utf-8")
    documents, problems = split_up(list(load([path])))
    assert list(documents) == ["ok"]
    assert problems[0].source.endswith("c.jsonl:1")
    assert problems[0].reason.startswith(("每行应为", "这一行没有 _id"))


@pytest.mark.parametrize("beside", [DEEP, "[]", "{", "\xff"])
def test_a_hostile_file_beside_is_only_a_problem(tmp_path: Path, beside: str) -> None:
    (tmp_path / "a.txt").write_text("好的。", "utf-8")
    (tmp_path / "a.meta.json").write_text(beside, "latin-1")
    (problem,) = load([tmp_path])
    assert isinstance(problem, Problem)
    assert "a.meta.json" in problem.reason


@pytest.mark.parametrize("name", ["sur\ud800", "a/text", "../x", "a//b", "/a", "a/", ".", "nl\nid"])
def test_ids_that_no_address_can_carry(tmp_path: Path, name: str) -> None:
    path = tmp_path / "c.jsonl"
    path.write_text(json.dumps({"_id": name, "text": "好的。"}), "utf-8")
    (problem,) = load([path])
    assert isinstance(problem, Problem)
    problem.reason.encode()


def test_a_file_name_that_is_no_text(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.txt")).write_text("好的。", "utf-8")
    (problem,) = load([tmp_path])
    assert isinstance(problem, Problem)
    problem.source.encode()


def test_a_pipe_does_not_hang_the_build(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "p.txt")
    (problem,) = load([tmp_path])
    assert isinstance(problem, Problem)


def test_an_index_below_the_source_is_no_source(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("好的。", "utf-8")
    index = tmp_path / "data"
    (index / "generations" / "1").mkdir(parents=True)
    (index / "CURRENT").write_text("1")
    (index / "generations" / "1" / "documents.jsonl").write_text('{"_id": "x", "text": "y"}', "utf-8")
    assert [item.id for item in load([tmp_path]) if isinstance(item, Document)] == ["a.txt"]


def test_a_comment_in_code_is_no_title(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("```\n# install it\n```\n正文。", "utf-8")
    (document,) = load([tmp_path])
    assert isinstance(document, Document)
    assert document.title == "a"


def test_links_that_lead_in_circles_end(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("好的。", "utf-8")
    (tmp_path / "round").symlink_to(tmp_path)
    (tmp_path / "itself.txt").symlink_to(tmp_path / "itself.txt")
    documents, problems = split_up(list(load([tmp_path])))
    assert list(documents) == ["a.txt"]
    assert [Path(problem.source).name for problem in problems] == ["itself.txt"]


def test_links_are_followed_and_no_file_has_two_ids(tmp_path: Path) -> None:
    source, outside = tmp_path / "source", tmp_path / "outside"
    for path in (source / "a.md", source / "inner" / "b.md", outside / "c.md", outside / "deep" / "d.md"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"这是 {path.stem}。", "utf-8")
    (tmp_path / "lonely.md").write_text("孤零零。", "utf-8")
    (tmp_path / "lonely.meta.json").write_text('{"title": "别人的"}', "utf-8")
    (source / "linked.meta.json").write_text('{"title": "孤"}', "utf-8")
    for link, to in {
        source / "alias.md": source / "a.md",
        source / "an inner one": source / "inner",
        source / "away": outside,
        source / "away again": outside / "deep",
        source / "linked.md": tmp_path / "lonely.md",
        outside / "back": source,
        outside / "round": outside,
    }.items():
        link.symlink_to(to)
    documents, problems = split_up(list(load([source])))
    assert list(documents) == ["a.md", "inner/b.md", "away/c.md", "away/deep/d.md", "linked.md"]
    assert documents["linked.md"].title == "孤"
    assert not problems


def test_a_file_that_two_sources_hold_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "a.md").write_text("这是 a。", "utf-8")
    (tmp_path / "b.jsonl").write_text('{"_id": "b", "text": "这是 b。"}', "utf-8")
    documents, problems = split_up(
        list(load([tmp_path / "b.jsonl", tmp_path, tmp_path / "inner", tmp_path / "inner" / "a.md"]))
    )
    assert (list(documents), problems) == (["b", "inner/a.md"], [])


def test_a_link_into_a_folder_that_is_left_out_is_followed(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    (kept / "generations").mkdir(parents=True)
    (kept / "CURRENT").write_text("1", "utf-8")
    (kept / "n.txt").write_text("幽灵住在这里。", "utf-8")
    (tmp_path / "n.txt").symlink_to(kept / "n.txt")
    (found,) = load([tmp_path])
    assert isinstance(found, Document)
    assert found.id == "n.txt"


def test_a_link_to_what_holds_the_source_is_told(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "private.txt").write_text("不该读。", "utf-8")
    (tmp_path / "source" / "up").symlink_to(tmp_path)
    (problem,) = load([tmp_path / "source"])
    assert isinstance(problem, Problem)
    assert problem.source == str(tmp_path / "source" / "up")
    assert "上层文件夹" in problem.reason


FOLDERS = ["source", "source/a", "source/a/b", "source/c", "outside", "outside/d", "outside/d/e"]


@given(
    st.lists(st.tuples(st.sampled_from(FOLDERS), st.sampled_from([*FOLDERS, "outside/d/x.md"])), max_size=9)
)
def test_what_can_be_reached_is_read_once(
    scratch: Callable[[], AbstractContextManager[str]], links: list[tuple[str, str]]
) -> None:
    with scratch() as place:
        top = Path(place).resolve()
        for folder in FOLDERS:
            (top / folder).mkdir()
            (top / folder / "x.md").write_text(f"这是 {folder}。", "utf-8")
        for number, (folder, to) in enumerate(links):
            (top / folder / f"l{number}{Path(to).suffix}").symlink_to(top / to)
        found = list(load([top / "source"]))
        reached, new = set(), {top / "source"}
        while new:
            reached |= new
            new = {
                one.resolve() for folder in reached if folder.is_dir() for one in folder.iterdir()
            } - reached
        assert sorted(os.path.realpath(one.origin) for one in found if isinstance(one, Document)) == sorted(
            str(one) for one in reached if one.is_file()
        )
