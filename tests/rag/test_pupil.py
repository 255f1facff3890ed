import random
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from safetensors.numpy import load_file

from index.static import StaticEmbedder
from rag.lesson import Excerpt, Lesson, Page, pairs_of
from rag.lexicon import Lexicon
from rag.reader import ABOUT, ASKED, LONGEST, SENTENCE

WIDTH, INPUTS = 96, 192 + 5
LINEAR = {
    "question": INPUTS,
    "passage": INPUTS + 3,
    "question_around": 3 * WIDTH,
    "around": 3 * WIDTH,
    "fused": 3 * WIDTH + 2,
    "fused_around": 3 * WIDTH,
    "hidden": 2 * WIDTH + 4 + 4 + WIDTH,
}
NORMS = "question_around_norm around_norm fused_norm fused_around_norm".split()
"""What `rag.network` reads."""

PAGES = [
    Page(Excerpt("岳飞", ("岳飞葬在杭州。", "。", "他是名将 Yue Fei。")), frozenset({0}), True),
    Page(Excerpt("苏轼", ("苏轼生于1037年。", "他写词。")), frozenset(), False),
    Page(
        Excerpt("长文", tuple(f"这一句说的是第{number}件事情和它的来历。" for number in range(24))),
        frozenset({3}),
        True,
    ),
]
LESSONS = [
    Lesson("岳飞葬在哪里？", PAGES),
    Lesson(
        "苏轼生于哪年？",
        [PAGES[1]._replace(right=frozenset({0}), own=True), PAGES[0]._replace(right=frozenset())],
    ),
    Lesson("杜甫一生写过什么样的诗，流传下来的有多少首？", [PAGES[1]], 0.5),
]


@pytest.fixture(scope="module")
def pupil() -> ModuleType:
    from rag import pupil  # torch takes seconds to import, which only one worker need wait for

    return pupil


@pytest.fixture(scope="module")
def told() -> dict[tuple[str, Excerpt], np.ndarray]:
    """Of a tutor that is right."""
    right = {(one.question, page.excerpt): page.right for one in LESSONS for page in one.pages}
    return {
        pair: np.array(
            [4.0 if number in right.get(pair, ()) else -4.0 for number in range(len(pair[1].sentences))],
            np.float32,
        )
        for pair in pairs_of(LESSONS)
    }


def test_its_weights_have_the_names_and_shapes_that_are_read(pupil: ModuleType) -> None:
    shapes = {f"{name}.weight": (WIDTH, width) for name, width in LINEAR.items()}
    shapes |= {f"{name}.bias": (WIDTH,) for name in [*LINEAR, *NORMS]} | {
        f"{name}.weight": (WIDTH,) for name in NORMS
    }
    for name, count in {"pool": 2, "importance": 4, "score": 1}.items():
        shapes |= {f"{name}.weight": (count, WIDTH), f"{name}.bias": (count,)}
    shapes |= {"attention.weight": (WIDTH, WIDTH), "likeness": (2,)}
    weights = pupil.Pupil(Lexicon(pairs_of(LESSONS)), StaticEmbedder()).weights()
    assert {name: each.shape for name, each in weights.items()} == shapes
    assert {each.dtype for each in weights.values()} == {np.dtype(np.float16)}
    assert sum(each.size for each in weights.values()) == 188_649


def read(pupil: ModuleType, one: object, pairs: list) -> np.ndarray:
    import torch

    with torch.no_grad():
        return one.read(pairs).numpy()


def test_a_pair_is_read_the_same_beside_others(pupil: ModuleType) -> None:
    pairs = pairs_of(LESSONS)
    one = pupil.Pupil(Lexicon(pairs), StaticEmbedder())
    one.layers.eval()
    together = read(pupil, one, pairs)
    apart = np.concatenate([read(pupil, one, [pair]) for pair in pairs])
    np.testing.assert_allclose(together, apart, atol=1e-4)
    assert len(together) == sum(len(excerpt.sentences) for _, excerpt in pairs)


def test_a_sentence_without_words_and_what_is_too_far_on_are_not_read(pupil: ModuleType) -> None:
    one = pupil.Pupil(Lexicon(pairs_of(LESSONS)), StaticEmbedder())
    short, _, long = LESSONS[0].pairs
    assert (read(pupil, one, [short]) > pupil.UNREAD / 2).tolist() == [True, False, True]
    far = read(pupil, one, [long]) > pupil.UNREAD / 2
    words = Lexicon([long]).excerpts[long[1]].sentences
    assert len(words) == LONGEST
    assert np.flatnonzero(far).tolist() == [*range(words.max() + 1)]
    assert words.max() < 23


def test_while_it_learns_it_forgets_some_words(pupil: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pupil, "_FORGOTTEN", 0.5)
    pairs = pairs_of(LESSONS)
    one = pupil.Pupil(Lexicon(pairs), StaticEmbedder())
    assert not np.array_equal(read(pupil, one, pairs), read(pupil, one, pairs))
    one.layers.eval()
    np.testing.assert_array_equal(read(pupil, one, pairs), read(pupil, one, pairs))


def test_words_are_known_by_their_vectors_kinds_and_lengths() -> None:
    vectors, excerpt = StaticEmbedder(), Excerpt("岳飞", ("1,037 karpathy 龘龘龘岳飞",))
    lexicon = Lexicon([("岳飞", excerpt)])
    inputs, words = lexicon.inputs(vectors), lexicon.excerpts[excerpt].words
    (asked,) = lexicon.questions["岳飞"]
    assert words[0] == words[-1] == asked
    assert not inputs[0].any()
    row = vectors.rows_of(["岳飞"])
    vector = vectors.rows(row)[0]
    length = np.linalg.norm(vector)
    np.testing.assert_allclose(inputs[asked], [*vector / length, 1, 0, 0, 0, np.log1p(length)], rtol=1e-5)
    unknown = [*np.zeros(192), 1, 0, 0, 1, 0]
    assert unknown in inputs[words].tolist()
    kinds = inputs[words, 192:195].argmax(axis=1).tolist()
    assert kinds[:3] == [0, 1, 2] or kinds[:4] == [0, 1, 1, 2]


def test_no_more_is_read_than_the_reader_reads() -> None:
    excerpt = Excerpt("标题 " * 50, ("词 语 " * 100, "第二 句"))
    lexicon = Lexicon([("问 " * 100, excerpt)])
    spelt = lexicon.excerpts[excerpt]
    assert len(lexicon.questions["问 " * 100]) == ASKED
    assert np.bincount(spelt.sentences + 1).tolist() == [ABOUT, SENTENCE, 2]
    assert len(Lexicon([("问", Excerpt("", ("词 语 " * 100,) * 4))]).excerpts.popitem()[1].words) == LONGEST


def test_surprise_is_of_all_that_answer_or_of_none(pupil: ModuleType) -> None:
    import torch

    logits = torch.arange(29 + 5 + 2) / 10
    rows = pupil.rows_of(logits, LESSONS)
    found = pupil.surprise(rows, LESSONS).tolist()
    odds = [np.exp(one.numpy()) for one in logits.split([29, 5, 2])]
    right = [odds[0][0] + odds[0][3 + 2 + 3], odds[1][0], 1.0]  # of none, the logit is 0
    expected = [-np.log(each / (1 + some.sum())) for each, some in zip(right, odds, strict=True)]
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    unread = torch.where(torch.arange(36) == 29, pupil.UNREAD, logits)  # the one that answers the second
    without = pupil.surprise(pupil.rows_of(unread, LESSONS), LESSONS)[1]
    np.testing.assert_allclose(without, np.log(1 + odds[1][1:].sum()), rtol=1e-4)


def test_the_loss_joins_being_right_and_doing_as_the_tutor(pupil: ModuleType) -> None:
    import torch

    (one,) = some = LESSONS[2:]
    ours, theirs = torch.tensor([1.0, 2.0]), torch.tensor([0.5, -20.0])
    p, q = (np.exp([*each.tolist(), 0]) / np.exp([*each.tolist(), 0]).sum() for each in (ours, theirs))
    divergence = (q * np.log(q / p)).sum()
    squares = ((1 - 0.5) ** 2 + (2 - -9) ** 2) / 2  # not beyond -9
    expected = 0.4 * -np.log(p[2]) + divergence + 0.03 * squares
    assert pupil.loss_of(ours, theirs, some).item() == pytest.approx(expected, rel=1e-4)
    gone = torch.tensor([1.0, pupil.UNREAD])
    alone = pupil.loss_of(gone, theirs, some).item()
    assert alone == pytest.approx(pupil.loss_of(gone, torch.tensor([0.5, pupil.UNREAD]), some).item())
    assert alone == pytest.approx(pupil.loss_of(ours, torch.tensor([0.5, pupil.UNREAD]), some).item())
    assert alone < 2
    both = [one, LESSONS[1]]
    mixed = pupil.mean(torch.tensor([3.0, 6.0]), both).item()
    assert mixed == pytest.approx((0.5 * 3 + 6) / 1.5)


def test_lessons_that_are_read_apart_teach_the_same(pupil: ModuleType) -> None:
    import torch

    from rag import course

    weight = torch.ones(3, requires_grad=True)

    def loss_of(lessons: list[Lesson]) -> torch.Tensor:
        return pupil.mean(
            torch.stack([weight[LESSONS.index(one)] ** 2 * (LESSONS.index(one) + 1) for one in lessons]),
            lessons,
        )

    gradients = []
    for together in (1, 2, 3):
        weight.grad = None
        assert course._descend(LESSONS, together, loss_of) == pytest.approx((1 + 2 + 3 * 0.5) / 2.5)
        gradients.append(weight.grad.tolist())
    assert gradients[0] == pytest.approx(gradients[2])
    assert gradients[1] == pytest.approx(gradients[2])


def test_kinds_are_drawn_by_their_shares() -> None:
    from rag import course

    of = {"paragraphs": [LESSONS[1]], "written": [LESSONS[2]], "articles": []}
    drawn = course.drawn(of, 3000, random.Random(0))
    kinds = course.KINDS
    share = kinds["written"].share / (kinds["written"].share + kinds["paragraphs"].share)
    assert sum(one.question == LESSONS[2].question for one in drawn) / 3000 == pytest.approx(share, abs=0.03)


def test_it_learns_what_the_tutor_tells(
    pupil: ModuleType, told: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = []

    def follow(*given: object) -> None:
        losses.extend(pupil_follow(*given))

    pupil_follow = pupil.follow
    monkeypatch.setattr(pupil, "follow", follow)
    course = pupil.COURSE._replace(steps=40, at_once=6, together=6)
    one = pupil.learn({"written": LESSONS}, told, course, 0)
    assert np.mean(losses[-5:]) < np.mean(losses[:5]) / 4
    one.layers.eval()
    for lesson in LESSONS[:2]:
        (first, *_) = lesson.pairs
        assert read(pupil, one, [first]).argmax() == 0


def test_the_same_seed_learns_the_same(pupil: ModuleType, told: dict) -> None:
    course = pupil.COURSE._replace(steps=3, at_once=4, together=4)
    one, again, other = (
        pupil.learn({"written": LESSONS}, told, course, seed).weights()["hidden.weight"] for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


def test_the_command_writes_what_was_learnt(
    pupil: ModuleType, told: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rag import reading

    steps = []
    monkeypatch.setattr(reading, "lessons_of", lambda data, asked, most: {"written": LESSONS[:most]})
    monkeypatch.setattr(
        reading.tutor, "teach", lambda lessons, course, seed: steps.append(course.steps) or told
    )
    reading.train(Path("data"), out=tmp_path / "reader.safetensors", tutor_steps=7, steps=1, most=2)
    assert steps == [7]
    written = load_file(tmp_path / "reader.safetensors")
    assert written["likeness"].dtype == np.float16
    assert len(written) == 30
