import re
from functools import cache
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from index.document import Document
from index.fold import fold
from index.mention import concepts, links
from index.segmenter import Segmenter
from index.term import Term

TEXT = (
    "氛围编码(Vibe Coding)成为主流。Cursor 与 Claude Code 都支持它。\n"
    "ＶＩＢＥ　ＣＯＤＩＮＧ 也叫氛圍編碼，Cursor 尤其如此。Claude Codes 不是它，Claude Code 才是。𠮷😀 Cursor。\n"
)


def by_name(text: str, segmenter: Segmenter, known: list[Term] | None = None) -> dict[str, list[str]]:
    found = concepts(Document("d", "t", text), segmenter, known or [], 100)
    return {one.names[0]: [text[place.start : place.end] for place in one.places] for one in found}


def test_the_names_of_one_thing_stand_together_where_they_are_written(segmenter: Segmenter) -> None:
    found = by_name(TEXT, segmenter)
    assert sorted(found["Vibe Coding"] if "Vibe Coding" in found else found["氛围编码"]) == sorted(
        ["氛围编码", "Vibe Coding", "ＶＩＢＥ　ＣＯＤＩＮＧ", "氛圍編碼"]
    )
    assert found["Cursor"] == ["Cursor"] * 3


def test_a_name_is_not_found_within_a_longer_word(segmenter: Segmenter) -> None:
    assert by_name(TEXT, segmenter)["Claude Code"] == ["Claude Code"] * 2
    assert by_name("AI 很好。He said AI, maid. ＡＩ好。", segmenter) == {"AI": ["AI", "AI", "ＡＩ"]}


def test_a_name_is_not_found_in_a_part_of_a_character(segmenter: Segmenter) -> None:
    assert by_name("“成立”与“成立”。㍻立。", segmenter) == {"成立": ["成立"] * 2}


def test_the_longer_name_takes_the_place(segmenter: Segmenter) -> None:
    text = "“幽灵”与“电脑幽灵”。“电脑幽灵”不是“幽灵”。"
    found = by_name(text, segmenter)
    assert found == {"幽灵": ["幽灵"] * 2, "电脑幽灵": ["电脑幽灵"] * 2}


def test_what_is_named_once_is_left_out_and_the_commonest_comes_first(segmenter: Segmenter) -> None:
    text = "Alpha 遇见 Beta。Beta 遇见 Beta。Gamma 走了。Alpha 来了。"
    assert list(by_name(text, segmenter)) == ["Beta", "Alpha"]
    assert len(concepts(Document("d", "t", text), segmenter, [], 1)) == 1


def test_other_documents_lend_their_glosses(segmenter: Segmenter) -> None:
    text = "RLVR 改变了训练。可验证奖励学习也是。RLVR 很重要。"
    known = [Term("rlvr", "可验证奖励学习", 2), Term("rlvr", "只说过一次", 1)]
    assert by_name(text, segmenter, known)["RLVR"] == ["RLVR", "可验证奖励学习", "RLVR"]
    assert by_name(text, segmenter)["RLVR"] == ["RLVR", "RLVR"]


def test_a_name_glossed_in_many_ways_joins_nothing(segmenter: Segmenter) -> None:
    text = "".join(f"Null(空值{n})，“空值{n}”。" for n in "甲乙丙丁")
    assert all(len(set(places)) == 1 for places in by_name(text, segmenter).values())


def test_links_count_the_sentences_that_name_both(segmenter: Segmenter) -> None:
    text = "Alpha 遇见 Beta，Beta 也遇见 Alpha。Alpha 走了。Beta 遇见 Alpha。Gamma 与 Gamma。"
    document = Document("d", "t", text)
    found = concepts(document, segmenter, [], 9)
    names = [one.names[0] for one in found]
    assert [(names[one.one], names[one.other], one.count) for one in links(document, found)] == [
        ("Alpha", "Beta", 2)
    ]


@given(
    st.lists(
        st.sampled_from(
            ["Ghost", "幽靈", "幽灵", "℃", "ß", "😀", "（", "(", ")", "ＡＩ", "。", " ", "“", "”"]
        )
    )
)
def test_places_are_those_of_the_names_and_never_overlap(pieces: list[str]) -> None:
    text = "".join(pieces)
    found = concepts(Document("d", "t", text), shared(), [], 100)
    places = sorted(place for one in found for place in one.places)
    assert all(before.end <= after.start for before, after in pairwise(places))
    for one in found:
        assert {fold(text[place.start : place.end]) for place in one.places} <= {
            fold(name) for name in one.names
        }
        assert one.names[0] in {text[place.start : place.end] for place in one.places}


@cache
def shared() -> Segmenter:
    """A fixture cannot be used with hypothesis."""
    return Segmenter()


def test_the_reviews_concepts(segmenter: Segmenter, review: Document) -> None:
    found = concepts(review, segmenter, [], 36)
    (vibe,) = (one for one in found if "氛围编码" in one.names)
    assert "Vibe Coding" in vibe.names
    everywhere = re.findall("氛围编码|Vibe Coding", review.text)
    assert len(vibe.places) == len(everywhere)
