import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.document import Span
from rag.asked import Asked, Place
from rag.citation import Citation
from rag.citation import Place as CitedPassage
from rag.metric import answer_recall, cited_metrics, hit, recall

SPANS = st.tuples(st.sampled_from("ab"), st.integers(0, 40), st.integers(1, 20)).map(
    lambda one: (one[0], one[1], one[1] + one[2])
)
TEXT = "".join(chr(0x4E00 + n) for n in range(70))


def cited(document: str, start: int, end: int) -> Citation:
    return Citation(1, document, "", [], start, end, TEXT[start:end], "", CitedPassage(0, 0, 0), 0.5, "")


def asked(spans: list[tuple[str, int, int]], answers: list[str]) -> Asked:
    return Asked("q", "问", "fact", [[Place(d, Span(s, e))] for d, s, e in spans], answers)


@settings(max_examples=600)
@given(st.lists(SPANS, min_size=1, max_size=4), st.lists(SPANS, max_size=4), st.integers(0, 60))
def test_metrics_by_sets_of_characters(
    evidence: list[tuple[str, int, int]], quotes: list[tuple[str, int, int]], place: int
) -> None:
    def characters(spans: list[tuple[str, int, int]]) -> set[tuple[str, int]]:
        return {(d, i) for d, s, e in spans for i in range(s, e)}

    answer = TEXT[place : place + 3]
    one, citations = asked(evidence, [answer]), [cited(*quote) for quote in quotes]
    held = characters(quotes)
    expected = sum(2 * len(characters([e]) & held) >= len(characters([e])) for e in evidence) / len(evidence)
    assert recall(one, citations) == pytest.approx(expected)
    shared = any(
        2 * len(characters([e]) & characters([q])) >= min(len(characters([e])), len(characters([q])))
        for e in evidence
        for q in quotes
    )
    assert hit(one, citations) == shared
    documents = {d for d, _, _ in evidence}
    assert answer_recall(one, citations) == any(
        s <= place and place + 3 <= e for d, s, e in quotes if d in documents
    )


def test_evidence_that_the_documents_repeat_counts_wherever_it_is_quoted() -> None:
    one = Asked("q", "问", "fact", [[Place("a", Span(0, 4)), Place("b", Span(10, 14))]], [])
    for document, start in (("a", 0), ("b", 10)):
        citations = [cited(document, start, start + 4)]
        assert recall(one, citations) == hit(one, citations) == 1
    assert recall(one, [cited("a", 10, 14)]) == 0


def test_each_depth_looks_at_its_first_citations() -> None:
    evidence = [("a", 0, 4), ("a", 10, 14), ("b", 0, 4), ("b", 20, 24)]
    citations = [cited(*one) for one in [("b", 40, 44), *evidence[:2], ("a", 0, 4), evidence[2]]]
    found = cited_metrics(asked(evidence, [TEXT[10:13]]), citations)
    assert [found[f"recall@{k}"] for k in (1, 3, 5)] == [0, 2 / 4, 3 / 4]
    assert [found[f"hit@{k}"] for k in (1, 3, 5)] == [0, 1, 1]
    assert [found[f"answer@{k}"] for k in (1, 3, 5)] == [0, 1, 1]
    assert not any(cited_metrics(asked(evidence, ["x"]), []).values())


def test_what_a_question_cannot_tell_is_left_out() -> None:
    assert set(cited_metrics(asked([("a", 0, 4)], []), [])) == {
        *(f"recall@{k}" for k in (1, 3, 5)),
        *(f"hit@{k}" for k in (1, 3, 5)),
    }
    judged = Asked("q", "问", "a", [[Place("a", Span(0, 70))]], (), {"a": 1})
    assert cited_metrics(judged, [cited("a", 3, 9)]) == {f"hit@{k}": 1 for k in (1, 3, 5)}
