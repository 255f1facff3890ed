from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.generation import Generation
from rag.evidence import CHARACTERS, QUOTE_CHARACTERS, QUOTES, Evidence
from rag.knowledge import KnowledgeBase
from rag.overview import overview
from rag.prevalence import settled_rarity

Make = Callable[[dict[str, str]], KnowledgeBase]


LONG = "病假由主管批准并登记，" * 15 + "逾期不补。"


def concepts(number: int, generation: Generation) -> dict[str, float]:
    """Weigh the twenty words that the sentences of a document speak of, one by one."""
    words, rows = generation.lexical.words, generation.contents.sentences
    held = [
        {words.tokens[token] for token in words.sentences.take([row]).values.tolist()}
        for row in range(len(rows))
        if rows[row][0] == number
    ]
    times = Counter(word for one in held for word in one)
    rows_of = {word: words.tokens.number(word) for word in times}
    frequent = sorted(times, key=lambda word: (-times[word], rows_of[word]))[:200]
    weights = {
        word: times[word] * settled_rarity(word, 0, 0) if len(word) > 1 and not word.isdigit() else 0.0
        for word in frequent
    }
    best = sorted(frequent, key=lambda word: -weights[word])[:20]
    total = sum(weights[word] for word in best)
    return {word: weights[word] / total for word in best if weights[word]}


def words_in(evidence: Evidence, generation: Generation) -> set[str]:
    words = generation.lexical.words
    inside = [
        number
        for number in evidence.passage.sentences
        if evidence.start <= generation.sentence(number).start < evidence.end
    ]
    return {words.tokens[token] for token in words.sentences.take(inside).values.tolist()}


def test_the_review_is_told_from_its_beginning(knowledge: KnowledgeBase) -> None:
    answer = knowledge.ask("这篇文章讲了什么？")
    assert answer.status == "answered"
    assert "六大关键范式转变" in answer.citations[0].quote
    assert len(answer.citations) == QUOTES
    assert answer.citations == knowledge.ask("总结一下全文").citations


def test_probability_is_the_share_of_the_concepts(knowledge: KnowledgeBase) -> None:
    generation = knowledge.generation
    found, weights = overview([0], generation), concepts(0, generation)
    held: set[str] = set()
    for one in found:
        here = words_in(one, generation) & weights.keys()
        assert one.features["concepts"] == pytest.approx(sum(weights[word] for word in here), abs=1e-5)
        new = sum(weights[word] for word in here - held)
        assert one.features["concepts_new"] == pytest.approx(new, abs=1e-5)
        held |= here
    share = sum(weights[word] for word in held)
    assert {round(one.probability, 5) for one in found} == {round(share, 5)}


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.lists(
            st.sampled_from(["年假十天。", "病假要证明。", "## 假期", "年假要先申请：", "注", "", LONG]),
            min_size=1,
            max_size=8,
        ),
        min_size=1,
        max_size=3,
    )
)
@example([[LONG, LONG, LONG]])
@example([["年假十天。"], ["年假十天。"], [LONG, LONG]])
def test_quotes_fit_and_never_overlap(knowledge_of: Make, documents: list[list[str]]) -> None:
    texts = {f"文{number}": "\n".join(lines) + "\n年假。" for number, lines in enumerate(documents)}
    generation = knowledge_of(texts).generation
    found = overview(range(len(texts)), generation)
    assert len(found) <= QUOTES
    assert sum(len(one.quote) for one in found) <= CHARACTERS
    assert all(len(one.quote) <= QUOTE_CHARACTERS for one in found)
    spans = sorted((one.document.id, one.start, one.end) for one in found)
    for (document, _, end), (other, start, _) in pairwise(spans):
        assert document != other or end <= start


def test_documents_take_turns(knowledge_of: Make) -> None:
    texts = {name: f"{name}由主管批准。{name}应当事先申请。\n\n{name}须登记。" for name in ("请假", "出差")}
    found = overview([0, 1], knowledge_of(texts).generation)
    assert [one.document.title for one in found] == ["请假", "出差", "请假"]
    assert found[0].quote == "请假由主管批准。请假应当事先申请。"


def test_headings_and_rows_are_passed_over_for_prose(knowledge_of: Make) -> None:
    text = "# 怎样才能请假？\n\n目录\n\n1 假期\n\n年假每年十天，由主管批准。\n"
    assert overview([0], knowledge_of({"手册": text}).generation)[0].quote == "年假每年十天，由主管批准。"


def test_a_question_is_not_quoted_without_its_answer(knowledge_of: Make) -> None:
    found = overview([0], knowledge_of({"手册": "年假每年十天。\n\n病假怎样申请？"}).generation)
    assert [one.quote for one in found] == ["年假每年十天。"]


def test_what_was_quoted_already_counts_for_less(knowledge_of: Make) -> None:
    text = "年假由主管批准，年假须登记。\n\n年假由主管批准，须登记。\n\n病假凭医院证明。"
    found = overview([0], knowledge_of({"手册": text}).generation)
    assert [one.quote[:2] for one in found] == ["年假", "病假", "年假"]


def test_a_text_without_prose_is_quoted_as_it_is(knowledge_of: Make) -> None:
    found = overview([0], knowledge_of({"门店": "| 店 | 电话 |\n|---|---|\n| 朝阳店 | 5551 |"}).generation)
    assert np.isfinite(found[0].probability)
    assert "朝阳店" in "".join(one.quote for one in found)


def test_no_document_has_no_overview(knowledge: KnowledgeBase) -> None:
    assert overview([], knowledge.generation) == []
