"""What becomes of documents whose files went, moved, or are read by another program."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from index import reading, source
from index.build import BuildReport, build
from index.document import Document
from index.opening import open_serving
from index.reader import Problem, Raw
from index.static import StaticEmbedder

EMBEDDER = StaticEmbedder()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of three documents, of which two say the same."""
    folder = tmp_path / "source"
    folder.mkdir()
    for name, text in (
        ("甲.txt", "海带长在海里。"),
        ("乙.txt", "海带长在海里。"),
        ("丙.txt", "松树长在山上。"),
    ):
        (folder / name).write_text(text, "utf-8")
    return folder


def built(folder: Path, *, drop_missing: bool = False) -> BuildReport:
    return build([folder], folder.parent / "data", EMBEDDER, drop_missing=drop_missing)


def texts_of(folder: Path) -> dict[str, str]:
    generation, _ = open_serving(folder.parent / "data")
    return {document.id: document.text for document in generation.contents.documents}


def changed(**counts: int) -> dict[str, int]:
    return dict.fromkeys(("added", "edited", "renamed", "removed", "kept"), 0) | counts


def test_a_file_that_moved_is_renamed_and_nothing_is_missing(folder: Path) -> None:
    assert built(folder).changes == changed(added=3)
    (folder / "丙.txt").rename(folder / "丁.txt")
    report = built(folder)
    assert (report.changes, report.problems) == (changed(renamed=1), [])
    assert sorted(texts_of(folder)) == ["丁.txt", "乙.txt", "甲.txt"]


def test_of_two_alike_that_went_one_came_back(folder: Path) -> None:
    built(folder)
    (folder / "甲.txt").unlink()
    (folder / "乙.txt").rename(folder / "戊.txt")
    report = built(folder)
    assert report.changes["kept"] == len(report.problems) == 1
    assert sorted(texts_of(folder).values()) == ["松树长在山上。", "海带长在海里。", "海带长在海里。"]


def test_a_file_that_went_is_kept_until_it_is_to_go(folder: Path) -> None:
    built(folder)
    (folder / "丙.txt").unlink()
    report = built(folder)
    assert report.changes == changed(kept=1)
    assert [Path(problem.source).name for problem in report.problems] == ["丙.txt"]
    assert texts_of(folder)["丙.txt"] == "松树长在山上。"
    assert built(folder, drop_missing=True).changes == changed(removed=1)
    assert sorted(texts_of(folder)) == ["乙.txt", "甲.txt"]


def test_another_program_reads_files_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Documents are taken over only from a program that would read the same in their files."""

    def otherwise(raw: Raw) -> Iterator[tuple[str, Document | Problem]]:
        yield raw.origin, Document(raw.identity, "题", "读法变了。", {}, raw.origin)

    built(folder)
    monkeypatch.setattr(source, "read", otherwise)
    assert built(folder).changes == changed()
    monkeypatch.setattr(reading, "program", lambda: "another")
    assert built(folder).changes == changed(edited=3)
    assert set(texts_of(folder).values()) == {"读法变了。"}
