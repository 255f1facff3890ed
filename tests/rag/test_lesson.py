import random
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.document import Document, Span
from index.static import StaticEmbedder
from rag.asked import records_of
from rag.lesson import KINDS, READ, Excerpt, Kind, Lesson, Page, held_out, of_world, pairs_of, varied, written
from rag.question import understand
from rag.training import Gold, World, index

KINDS_SET = Path(__file__).parents[2] / "benchmarks" / "sets" / "kinds"
ASKED = 150
OFTEN = Kind(1.0, 1.0, 0.4, 0.4)


@st.composite
def lessons(draw: st.DrawFn) -> Lesson:
    """Each sentence is another; those of a document that was asked answer, some of them."""
    pages = []
    for place in range(draw(st.integers(1, 8))):
        count, own = draw(st.integers(1, 4)), draw(st.booleans())
        right = draw(st.frozensets(st.integers(0, count - 1))) if own else frozenset()
        texts = tuple(f"第{place}段第{number}句。" for number in range(count))
        pages.append(Page(Excerpt(f"第{place}段", texts), right, own))
    return Lesson("问什么？", pages)


def answers(one: Lesson) -> set[str]:
    return {page.excerpt.sentences[number] for page in one.pages for number in page.right}


def said(one: Lesson) -> list[str]:
    return [text for page in one.pages for text in page.excerpt.sentences]


@given(lessons())
def test_nothing_answers_without_its_own_passages(one: Lesson) -> None:
    rest = one.without_own()
    assert not answers(rest)
    assert not rest.answered
    assert rest.pages == [page for page in one.pages if not page.own]


@given(lessons())
def test_what_answers_is_cut_out_and_nothing_else(one: Lesson) -> None:
    rest = one.without_answers()
    assert not rest.answered
    assert said(rest) == [text for text in said(one) if text not in answers(one)]
    assert all(page.excerpt.sentences for page in rest.pages)


@given(lessons(), st.integers(0, 1000))
def test_however_it_is_varied_it_was_foreseen_and_what_answers_is_known(one: Lesson, seed: int) -> None:
    other = varied(one, OFTEN, random.Random(seed))
    assert 0 < len(other.pages) <= READ
    assert set(other.pairs) <= set(pairs_of([one]))
    assert answers(other) <= answers(one)
    left = answers(one) & set(said(other))
    assert answers(other) == left


@given(lessons(), st.integers(0, 1000))
def test_what_answers_is_read_first_of_all(one: Lesson, seed: int) -> None:
    some = one.some(random.Random(seed))
    answering = [page for page in one.pages if page.right]
    assert len([page for page in some.pages if page.right]) == min(len(answering), READ)
    places = [one.pages.index(page) for page in some.pages]
    assert places == sorted(places)


def test_it_is_varied_as_often_as_its_kind_says() -> None:
    pages = [
        Page(Excerpt("甲", ("一。", "二。")), frozenset({0}), True),
        Page(Excerpt("乙", ("三。",)), frozenset(), False),
    ]
    rng, kind = random.Random(0), KINDS["written"]
    many = [varied(Lesson("问", pages), kind, rng) for _ in range(4000)]
    assert sum(len(one.pages) == 1 for one in many) / 4000 == pytest.approx(kind.without_own, abs=0.02)
    assert {one.weight for one in many if len(one.pages) == 1} == {1.0}
    cut = [one for one in many if "二。" in said(one) and "一。" not in said(one)]
    assert len(cut) / 4000 == pytest.approx(kind.without_answers, abs=0.03)
    assert {one.weight for one in cut} == {0.7}
    assert {one.weight for one in many if one.answered} == {1.0}


def test_something_is_always_left_to_read() -> None:
    pages = [Page(Excerpt("甲", ("一。",)), frozenset({0}), True)]
    assert {len(varied(Lesson("问", pages), OFTEN, random.Random(seed)).pages) for seed in range(50)} == {1}


def test_those_found_sooner_are_read_more_often() -> None:
    pages = [Page(Excerpt(str(place), ("句。",)), frozenset(), False) for place in range(8)]
    read = [
        page.excerpt.about
        for seed in range(500)
        for page in Lesson("问", pages).some(random.Random(seed)).pages
    ]
    assert read.count("0") > read.count("3") > read.count("7") > 0


@pytest.fixture(scope="module")
def asked() -> dict[str, dict[str, Any]]:
    """Records of questions, by these as they are read."""
    anything = index(World([Document("a", "", "一句话。")], []), StaticEmbedder())
    records = islice(records_of(KINDS_SET / "questions.jsonl"), ASKED)
    return {understand(one["question"], anything).plain: one for one in records}


@pytest.fixture(scope="module")
def taught() -> list[Lesson]:
    return [*written(KINDS_SET, 1.0, ASKED)]


def test_the_sentences_at_the_places_of_evidence_answer(
    taught: list[Lesson], asked: dict[str, dict[str, Any]]
) -> None:
    texts = {one["_id"]: one["text"] for one in records_of(KINDS_SET / "corpus.jsonl")}
    for one in taught:
        places = sorted((place["start"], place["end"]) for place in asked[one.question]["evidence"])
        text = texts[asked[one.question]["id"].split("-")[0]]
        evidence = "".join(text[start:end] for start, end in places)
        own = sorted(
            (page for page in one.pages if page.own), key=lambda page: text.index(page.excerpt.sentences[0])
        )
        right = "".join(page.excerpt.sentences[number] for page in own for number in sorted(page.right))
        assert "".join(right.split()) == "".join(evidence.split())
        assert all(page.own for page in one.pages if page.right)


def test_each_question_is_read_beside_its_document_and_beside_what_is_found(
    taught: list[Lesson], asked: dict[str, dict[str, Any]]
) -> None:
    titles = {one["_id"]: one["title"] for one in records_of(KINDS_SET / "corpus.jsonl")}
    times = Counter(one.question for one in taught)
    assert max(times.values()) == 2
    unanswerable = {plain for plain in times if not asked[plain]["evidence"]}
    assert len(unanswerable) > 20
    assert {times[plain] for plain in unanswerable} == {2}
    for one in taught:
        title = titles[asked[one.question]["id"].split("-")[0]]
        assert [page.excerpt.about.startswith(title) for page in one.pages] == [
            page.own for page in one.pages
        ]
    first = [
        one
        for one, before in zip(taught, ["", *(one.question for one in taught)], strict=False)
        if one.question != before
    ]
    assert all(any(page.own for page in one.pages) for one in first)
    assert {sum(not page.own for page in one.pages) for one in first} == {2}


def test_what_is_held_out_is_not_taught(taught: list[Lesson], asked: dict[str, dict[str, Any]]) -> None:
    documents = {one["id"].split("-")[0] for one in asked.values()}
    learnt = {asked[one.question]["id"].split("-")[0] for one in taught}
    assert learnt == {one for one in documents if not held_out(one)} < documents
    assert sum(held_out(f"d{number}") for number in range(5000)) == pytest.approx(500, abs=80)


def test_a_world_is_asked_and_a_question_without_words_is_not() -> None:
    text = "岳飞葬在杭州。他是名将。"
    world = World([Document("a", "岳飞", text), Document("b", "西湖", "西湖在杭州。")], [])
    world.questions = [
        Gold("岳飞葬在哪里？", [("a", Span(4, 6))]),
        Gold("？！", []),
        Gold("西湖在哪里？", []),
    ]
    one, other = of_world(world, 0.8)
    assert (one.question, one.weight) == ("岳飞葬在哪里?", 0.8)
    assert answers(one) == {"岳飞葬在杭州。"}
    assert {page.excerpt.about: page.own for page in one.pages} == {"岳飞": True, "西湖": False}
    assert not answers(other)
    assert [each.question for each in of_world(world, 1.0, 1)] == [one.question]
