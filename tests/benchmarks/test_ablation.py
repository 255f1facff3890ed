from pathlib import Path

import pytest

from benchmarks.ablation import ABLATIONS, without
from index.fold import fold
from rag.knowledge import KnowledgeBase, rebuild


def seen_of(data: Path) -> object:
    """What a part can change: the terms, the evidence with its scores, and how sure it is."""
    knowledge = KnowledgeBase.open(data)
    finished = knowledge.explain("Vibe Coding 的 Nano Banana 編碼是哪一年的？")
    return (
        [term.name for term in knowledge.generation.contents.terms],
        [(one.start, one.end, dict(one.features)) for one in finished.evidence],
        finished.answer.confidence,
    )


@pytest.mark.parametrize("part", ABLATIONS)
def test_each_part_can_be_taken_away_and_put_back(data: Path, tmp_path: Path, part: str) -> None:
    whole = seen_of(data)
    with without(part):
        rebuild(tmp_path)
        assert seen_of(tmp_path) != whole
    assert seen_of(data) == whole
    assert fold("Ａ編") == "a编"
