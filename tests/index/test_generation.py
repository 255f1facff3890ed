import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from index import manifest as manifests
from index.errors import DamagedError, FormatError, NoIndexError, StorageError
from index.generation import Generation
from index.opening import check, open_number
from index.service import current, point_at
from rag.knowledge import KnowledgeBase, rebuild


def opened(data: Path) -> Generation:
    return open_number(current(data), data)


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def flip(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


NAMES = ("text", "bounds", "hashes", "order")
FILES = sorted(
    ["documents.jsonl", "documents_bounds.npy", "texts.txt", "texts_bounds.npy", "characters.npy"]
    + ["dictionary.json", "terms.json"]
    + ["sentences.npy", "passages.npy", "vectors.npy", "mined.npy"]
    + [f"ids_{part}.npy" for part in NAMES]
    + [f"{field}/tokens_{part}.npy" for field in ("words", "bigrams") for part in NAMES]
    + [
        f"{field}/{name}.npy"
        for field in ("words", "bigrams")
        for name in (
            *("indices", "counts", "indptr", "norms"),
            *("sentences", "sentences_bounds", "contexts", "contexts_bounds"),
        )
    ]
)


def test_these_are_all_files(data: Path) -> None:
    home = data / "generations" / "1"
    found = {path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file()}
    assert found == {*FILES, "manifest.json"}


@pytest.mark.parametrize("harm", [truncate, flip, Path.unlink], ids=["truncated", "flipped", "removed"])
@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_named_with_its_remedy(
    own_data: Path, name: str, harm: Callable[[Path], None]
) -> None:
    harm(own_data / "generations" / "1" / name)
    with pytest.raises(DamagedError, match=rf"{name}.*chuchu build"):
        opened(own_data)


def test_a_file_of_another_generation_is_seen(own_data: Path, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# 青蛙\n“树蛙”(Tree Frog)会爬树，也会唱歌。", "utf-8")
    rebuild(own_data, [tmp_path / "a.md"])
    one, other = own_data / "generations" / "1", own_data / "generations" / "2"
    different = [name for name in FILES if (one / name).read_bytes() != (other / name).read_bytes()]
    assert len(different) > len(FILES) - 4
    for name in different:
        whole = (other / name).read_bytes()
        (other / name).write_bytes((one / name).read_bytes())
        with pytest.raises(DamagedError, match=rf"第 2 代.*{name}"):
            opened(own_data)
        assert check(own_data).generation == 1
        (other / name).write_bytes(whole)
    assert opened(own_data).number == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        *(one % manifests.FORMAT for one in ('{"format": %d}', '{"format": %d, "sha256": 3}')),
    ],
)
def test_a_manifest_that_is_none(own_data: Path, text: str) -> None:
    (own_data / "generations" / "1" / "manifest.json").write_text(text)
    with pytest.raises(DamagedError, match="chuchu build"):
        opened(own_data)


def change(data: Path, **values: object) -> None:
    """Write a manifest that is whole, and of something else."""
    folder = data / "generations" / "1"
    manifests.write(replace(manifests.peek(folder), **values), folder)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["created", "sources", "generation", "counts", "note"])
def test_a_manifest_that_was_written_over(own_data: Path, name: str) -> None:
    path = own_data / "generations" / "1" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {name: 2}), "utf-8")
    with pytest.raises(DamagedError, match=r"manifest\.json.*chuchu build"):
        opened(own_data)


def test_a_manifest_of_another_generation(own_data: Path) -> None:
    shutil.copytree(own_data / "generations" / "1", own_data / "generations" / "2")
    point_at(2, own_data)
    with pytest.raises(DamagedError, match=r"第 2 代.*manifest\.json"):
        opened(own_data)


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"format": 99}, FormatError),
        ({"embedder": "another"}, FormatError),
        ({"segmenter": "another"}, FormatError),
        ({"counts": {"documents": 2}}, DamagedError),
    ],
    ids=str,
)
def test_a_manifest_of_something_else(
    own_data: Path, values: dict[str, object], error: type[StorageError]
) -> None:
    change(own_data, **values)
    with pytest.raises(error, match="chuchu build"):
        opened(own_data)


@pytest.mark.parametrize(
    "harm",
    [
        lambda data: change(data, format=99),
        lambda data: (data / "generations" / "1" / "manifest.json").unlink(),
    ],
    ids=["another format", "removed"],
)
def test_the_review_never_takes_the_place_of_documents_whose_sources_cannot_be_read(
    own_data: Path, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    harm(own_data)
    with pytest.raises(DamagedError, match="写明来源"):
        rebuild(own_data)
    assert current(own_data) == 1
    (tmp_path / "a.md").write_text("青蛙会爬树。", "utf-8")
    rebuild(own_data, [tmp_path / "a.md"])
    assert [one.id for one in opened(own_data).documents.values()] == ["a.md"]


def test_half_written_generations_are_not_seen(own_data: Path) -> None:
    home = own_data / "generations"
    shutil.copytree(home / "1", home / ".building-1")
    shutil.copytree(home / "1", home / "2")
    (home / "2" / "manifest.json").unlink()
    assert KnowledgeBase.open(own_data).generation.number == 1


def test_no_index(tmp_path: Path) -> None:
    with pytest.raises(NoIndexError, match="chuchu build"):
        opened(tmp_path)


@pytest.mark.parametrize("pointer", ["", "x", "-1", "../1", "1\n2", "7", "²", "\xff"])
def test_a_pointer_to_nothing(own_data: Path, pointer: str) -> None:
    (own_data / "CURRENT").write_text(pointer, "latin-1")
    with pytest.raises(StorageError, match="chuchu build"):
        opened(own_data)
