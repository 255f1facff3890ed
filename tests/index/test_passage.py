import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.document import Document, canonical
from index.passage import SIZE, passages_of
from index.sentence import split

LINES = st.sampled_from(
    ["# 标题", "短句。", "一句话。又一句话。", "长" * 150 + "。", "字" * 500, "", "- 列表项"]
)


@given(st.lists(LINES, max_size=30).map("\n".join).map(canonical))
def test_passages_are_whole_sentences_and_cross_no_heading(text: str) -> None:
    document, sentences = Document("d", "d", text), split(text)
    passages = passages_of(document, sentences)
    assert [n for run in passages for n in run] == list(range(len(sentences)))
    headings = {heading.start for heading in document.headings}
    for run in passages:
        assert len(run) == 1 or sentences[run[-1]].end - sentences[run[0]].start <= SIZE
        assert not {sentences[n].start for n in run[1:]} & headings


def test_paragraphs_stay_together(review: Document) -> None:
    sentences = split(review.text)
    texts = [
        review.text[sentences[run[0]].start : sentences[run[-1]].end]
        for run in passages_of(review, sentences)
    ]
    lead = "最引人注目的变化是"
    assert any(lead in text and "这是一个由 Karpathy 创造" in text for text in texts)


@pytest.mark.parametrize("lead", ["可以退房的情形：", "**可以退房的情形：**", "问：哪些情形可以退房？"])
def test_what_leads_in_is_in_the_passage_of_what_follows(lead: str) -> None:
    before, items = "租" * 190 + "。", ["一、漏水" + "的" * 60 + "。", "二、着火的。"]
    text = "\n".join([before, lead, *items])
    sentences = split(text)
    passages = passages_of(Document("d", "d", text), sentences)
    texts = [text[sentences[run[0]].start : sentences[run[-1]].end] for run in passages]
    assert texts == [before, "\n".join([lead, *items])]
