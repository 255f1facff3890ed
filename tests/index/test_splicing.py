from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index import appended, gathered, postings, splicing
from index.field import Field, Numbered
from index.fieldwriter import FieldWriter
from index.generation import Contents
from index.ragged import Ragged

Passage = list[str]
"""One sentence; the first token is what the passage is about."""

NOTHING = Contents.nothing().lexical.words
PASSAGES = st.lists(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=8), max_size=8)


def tokens_of(passages: Sequence[Passage]) -> Numbered:
    names = sorted({token for passage in passages for token in passage})
    numbers = [[names.index(token) for token in passage] for passage in passages]
    return Numbered(Ragged.of([one[1:] for one in numbers]), Ragged.of([one[:1] for one in numbers]), names)


def part_of(field: Field, number: int) -> Numbered:
    sentences, contexts = (one.part(number, number + 1) for one in (field.sentences, field.contexts))
    return Numbered(sentences, contexts, None, number)


def write(folder: Path, before: Field, passages: Sequence[Passage | int]) -> Field:
    """Write passages, some of them by their numbers before."""
    writer = FieldWriter(folder, before, np.arange(before.size + 1))
    for one in passages:
        writer.add(part_of(before, one) if isinstance(one, int) else tokens_of([one]))
    writer.finish(np.arange(len(passages) + 1))
    return Field.load(folder)


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@example(
    old=[["a", "b", "b", "b", "b"], ["c"]], new=[["b", "d"]], taken=[0, 1], places=[1, 0], short=3, block=4
)
@example(old=[["a"], ["b"], ["c"]], new=[], taken=[0, 2], places=[], short=3, block=4)
@example(old=[["a"], ["b"]], new=[["c"]], taken=[1, 0, 0], places=[3], short=3, block=4)
@given(
    old=PASSAGES,
    new=PASSAGES,
    taken=st.lists(st.integers(0, 7), unique=True).map(sorted) | st.lists(st.integers(0, 7)),
    places=st.lists(st.integers(0, 8), max_size=8),
    short=st.sampled_from([3, appended.SHORT]),
    block=st.sampled_from([4, postings.BLOCK]),
)
def test_what_is_taken_over_is_what_is_counted(
    old: list[Passage], new: list[Passage], taken: list[int], places: list[int], short: int, block: int
) -> None:
    now: list[Passage | int] = [number for number in taken if number < len(old)]
    for place, passage in zip(places, new, strict=False):
        now.insert(place, passage)
    with (
        TemporaryDirectory() as scratch,
        patch.object(postings, "MOST", 3),
        patch.object(postings, "BLOCK", block),
        patch.object(splicing, "_BLOCK", 3),
        patch.object(gathered, "_BLOCK", 3),
        patch.object(appended, "SHORT", short),
    ):
        before = write(Path(scratch, "before"), NOTHING, old)
        write(Path(scratch, "again"), before, now)
        write(Path(scratch, "afresh"), NOTHING, [old[one] if isinstance(one, int) else one for one in now])
        assert files_of(Path(scratch, "again")) == files_of(Path(scratch, "afresh"))


def test_what_stays_is_not_counted(tmp_path: Path) -> None:
    before = write(tmp_path / "before", NOTHING, [["a", "b"], ["c", "d"], ["b", "d"]])
    with patch.object(postings, "write", side_effect=AssertionError("all was counted")):
        field = write(tmp_path / "again", before, [0, ["b", "e"], 2])
    assert sorted(field.tokens) == ["a", "b", "d", "e"]


@pytest.mark.parametrize(("size", "kind"), [(65_535, "uint16"), (65_536, "int32")])
def test_numbers_are_as_short_as_they_may_be(tmp_path: Path, size: int, kind: str) -> None:
    """What is past the last has to be told from all others."""
    writer = FieldWriter(tmp_path / "field", NOTHING, np.zeros(1, np.int64))
    writer.add(Numbered(Ragged.of([[0]] * size), Ragged.of([[]] * size), ["a"]))
    writer.finish(np.arange(size + 1))
    field = Field.load(tmp_path / "field")
    assert field.postings.indices.dtype == kind
    assert field.sentences.values.dtype == "uint16"
    last = np.array([size - 1])
    assert field.stand_in([0], last, last + 1).tolist() == [[True]]
    assert field.stand_in([0], last + 1, last + 1).tolist() == [[False]]


def test_a_byte_counts_no_further_than_it_can(tmp_path: Path) -> None:
    assert write(tmp_path / "field", NOTHING, [["a"] * 300]).postings.counts.tolist() == [255]
