import gc
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.document import Document
from index.documents import Documents, Shelf, Unchanged
from index.generation import Generation
from index.opening import open_number
from rag.knowledge import rebuild

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=9)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    folder = tmp_path_factory.mktemp("many")
    for name in "abcd":
        (folder / f"{name}.txt").write_text(
            "\n\n".join(f"{name}第{n}段说的是幽灵与动物。" * 8 for n in range(4)), "utf-8"
        )
    rebuild(folder / "data", [folder / f"{name}.txt" for name in "abcd"])
    return open_number(1, folder / "data")


def shelve(documents: list[Document], folder: Path) -> Documents:
    shelf = Shelf(folder)
    for document in documents:
        shelf.add(document)
    return shelf.close()


@given(texts=st.dictionaries(TEXT, TEXT, min_size=1, max_size=6))
def test_what_is_saved_is_read(tmp_path_factory: pytest.TempPathFactory, texts: dict[str, str]) -> None:
    written = [
        Document(name, name * 2, text + "。", {"作者": text}, pages=(0, 1)) for name, text in texts.items()
    ]
    with patch("index.documents._WAITING", 2):
        documents = shelve(written, tmp_path_factory.mktemp("documents"))
    assert list(documents) == written == documents[:]
    assert dict(documents.by_id) == {one.id: one for one in written}
    assert documents.characters.tolist() == [len(one.text) for one in written]
    assert "another id" not in documents.by_id
    assert [record.sha256 for record in documents.records()] == [one.sha256 for one in written]
    assert [record.title for record in documents.records()] == [one.title for one in written]


@given(order=st.permutations(range(6)), size=st.integers(1, 6), new=st.sets(st.integers(0, 5)))
def test_what_is_taken_over_lies_as_what_is_added(
    tmp_path_factory: pytest.TempPathFactory, order: list[int], size: int, new: set[int]
) -> None:
    old, again, afresh = (tmp_path_factory.mktemp(name) for name in ("old", "again", "afresh"))
    before = shelve([Document(f"第{n}篇", "题", "字" * (n + 1), raw=str(n)) for n in range(6)], old)
    chosen = order[:size]
    shelf = Shelf(again, before)
    with patch("index.documents._WAITING", 4):
        for n in chosen:
            if n in new:
                shelf.add(before[n])
            else:
                shelf.take_over(Unchanged(n, before.records()[n]))
        documents = shelf.close()
    assert list(documents) == list(shelve([before[n] for n in chosen], afresh))
    for path in afresh.iterdir():
        assert (again / path.name).read_bytes() == path.read_bytes()


def test_a_document_that_somebody_holds_is_not_read_twice(tmp_path: Path) -> None:
    documents = shelve([Document(str(n), "", str(n)) for n in range(600)], tmp_path)
    first = documents[0]
    for n in range(600):
        assert documents[n].text == str(n)
    assert documents[0] is first
    assert documents.by_id["0"] is first
    gc.collect()
    assert len(documents._held) < 600


def test_the_passages_of_documents(many: Generation) -> None:
    names = ["b.txt", "d.txt"]
    expected = [n for n in range(len(many.contents.passages)) if many.passage(n).document.id in names]
    assert many.passages_of(["d.txt", "b.txt", "d.txt"]).tolist() == expected
    assert many.passages_of([]).tolist() == []
