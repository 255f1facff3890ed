from pathlib import Path

import pytest

from benchmarks.ablation import ABLATIONS, without
from index.fold import fold
from index.source import BUNDLED
from rag.knowledge import KnowledgeBase, rebuild


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The review, a document that is like a sentence of it, and one more that is called a review."""
    folder = tmp_path_factory.mktemp("sources")
    texts = {"另一篇 Review": "编码是 1948 年的事。Vibe Coding 是另一回事。", "再一篇 Review": "说的是天气。"}
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text, "utf-8")
    return [BUNDLED, folder]


@pytest.fixture(scope="module")
def whole_data(sources: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    rebuild(folder, sources)
    return folder


def seen_of(data: Path) -> object:
    """What a part can change: the terms, the evidence with its scores, and how sure it is."""
    knowledge = KnowledgeBase.open(data)
    finished = knowledge.explain("Vibe Coding 的 Nano Banana 編碼是哪一年的？")
    return (
        [term.name for term in knowledge.generation.contents.terms],
        [(one.start, one.end, dict(one.features)) for one in finished.evidence],
        finished.answer.confidence,
        knowledge.ask("上一期 Review 里 Nano Banana 是什么？").confidence,
    )


@pytest.mark.parametrize("part", ABLATIONS)
def test_each_part_can_be_taken_away_and_put_back(
    whole_data: Path, sources: list[Path], tmp_path: Path, part: str
) -> None:
    whole = seen_of(whole_data)
    with without(part):
        rebuild(tmp_path, sources)
        assert seen_of(tmp_path) != whole
    assert seen_of(whole_data) == whole
    assert fold("Ａ編") == "a编"
