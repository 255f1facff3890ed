from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from index.document import Document
from rag.evidence import CHARACTERS, GAP, QUOTE_CHARACTERS, QUOTE_SENTENCES, QUOTES, choose, run_around
from rag.knowledge import KnowledgeBase
from rag.question import understand
from rag.ranker import Candidate, Ranker, Weighed
from rag.retrieval import retrieve


@pytest.fixture(scope="module")
def ranker(knowledge: KnowledgeBase) -> Ranker:
    return Ranker(knowledge.generation)


def weigh(question: str, knowledge: KnowledgeBase, ranker: Ranker) -> Weighed:
    asked = understand(question, knowledge.generation)
    return ranker.weigh(asked, retrieve(asked, knowledge.generation, 10))


def test_runs_are_short_and_within_a_paragraph(knowledge: KnowledgeBase, review: Document) -> None:
    generation = knowledge.generation
    for number in range(generation.sentences):
        run = run_around(number, generation)
        assert number in run
        assert len(run) <= QUOTE_SENTENCES
        start, end = generation.sentence(run.start).start, generation.sentence(run.stop - 1).end
        assert len(run) == 1 or end - start <= QUOTE_CHARACTERS
        assert "\n\n" not in review.text[start:end] or start in review.heading_starts


@pytest.mark.parametrize(
    ("text", "quotes"),
    [
        ("可以退房：\n（一）漏水；\n（二）着火。\n费用照退。", ["可以退房：\n（一）漏水；", "（一）漏水；"]),
        ("问：能退吗？\n\n答：能退。\n\n问：何时退？\n\n答：次日。", ["问：能退吗？\n\n答：能退。"] * 2),
        ("能退吗？当然能退。费用照退。", ["能退吗？", "当然能退。"]),
        ("Q：能退吗？\nA：能退。\n费用照退。", ["Q：能退吗？\nA：能退。"] * 2),
        (
            "2024-08-03 09:12:05 物业\n周一停水。\n302 李姐 2024/8/3 9:13\n又停水啊",
            ["2024-08-03 09:12:05 物业\n周一停水。", "周一停水。", "302 李姐 2024/8/3 9:13\n又停水啊"],
        ),
        (
            "1\n00:00:01,000 --> 00:00:03,000\n先拔下插头\n再擦净",
            ["1", "00:00:01,000 --> 00:00:03,000\n先拔下插头"],
        ),
        ("先看说明。\n\n能退。\n\n费用照退。", ["先看说明。", "能退。"]),
        ("能退。\n\n## 费用\n\n照退。", ["能退。", "## 费用\n\n照退。", "照退。"]),
    ],
)
def test_what_leads_in_comes_with_what_follows(
    knowledge_of: Callable[[dict[str, str]], KnowledgeBase], text: str, quotes: list[str]
) -> None:
    generation = knowledge_of({"说明": text}).generation
    for number, quote in enumerate(quotes):
        run = run_around(number, generation)
        assert text[generation.sentence(run.start).start : generation.sentence(run.stop - 1).end] == quote


def test_answers_of_two_questions_are_quoted_apart(
    knowledge_of: Callable[[dict[str, str]], KnowledgeBase],
) -> None:
    knowledge = knowledge_of({"说明": "问：押金能退吗？\n答：能退。\n\n问：押金何时退？\n答：七日内退。"})
    weighed = weigh("押金", knowledge, Ranker(knowledge.generation))
    same = Weighed([one._replace(score=1.0) for one in weighed.candidates], 0.5)
    quotes = {one.quote for one in choose(same, knowledge.generation)}
    assert quotes == {"问：押金能退吗？\n答：能退。", "问：押金何时退？\n答：七日内退。"}


def test_what_leads_in_is_not_quoted_without_what_follows(
    knowledge_of: Callable[[dict[str, str]], KnowledgeBase],
) -> None:
    rows = [
        f"| {months}月 | 押金{share} |"
        for months, share in zip("一两三", ("全退", "半退", "不退"), strict=True)
    ]
    knowledge = knowledge_of({"说明": "\n".join(["押金能退。\n\n## 押金\n\n| 住了 | 押金 |", *rows])})
    generation = knowledge.generation
    candidates = weigh("押金", knowledge, Ranker(generation)).candidates
    last_first = sorted(candidates, key=lambda one: -one.sentence)
    ranked = [one._replace(score=-0.1 * place) for place, one in enumerate(last_first)]
    quotes = [one.quote for one in choose(Weighed(ranked, 0.5), generation)]
    assert quotes == ["\n".join(rows), "| 住了 | 押金 |", "押金能退。"]


def test_what_stands_beside_a_full_quote_is_quoted_apart(
    knowledge_of: Callable[[dict[str, str]], KnowledgeBase],
) -> None:
    rules = [f"押金{number}：{word}。" for number, word in enumerate("甲乙丙丁戊", start=1)]
    knowledge = knowledge_of({"说明": "\n".join(rules)})
    rows = sorted(
        weigh("押金", knowledge, Ranker(knowledge.generation)).candidates, key=lambda one: one.sentence
    )
    same = Weighed([one._replace(score=1.0) for one in rows], 0.5)
    quotes = [one.quote for one in choose(same, knowledge.generation)]
    assert quotes == ["\n".join(rules[:3]), "\n".join(rules[3:])]


@pytest.mark.parametrize("mark", ["（{}）", "{}、", "{}. ", "- ", "第{}项 "])
def test_a_list_is_quoted_to_its_end(
    knowledge_of: Callable[[dict[str, str]], KnowledgeBase], mark: str
) -> None:
    reasons = ["漏水的", "着火的", "断电超过三天的。以电力公司的证明为准", "楼上装修的"]
    items = [f"{mark.format(place)}{reason}。" for place, reason in enumerate(reasons, start=1)]
    last = "退房时结清租金，可以退押金。"
    text = "\n".join(["租金每月付清。", "有下列情形之一的，可以退房：", *items, last])
    knowledge = knowledge_of({"说明": text})
    candidates = weigh("哪些情形可以退房？", knowledge, Ranker(knowledge.generation)).candidates
    lead_first = sorted(candidates, key=lambda one: (one.sentence != 1, -one.score))
    ranked = [one._replace(score=-0.1 * place) for place, one in enumerate(lead_first)]
    quotes = [one.quote for one in choose(Weighed(ranked, 0.5), knowledge.generation)]
    assert quotes[:2] == ["\n".join(["有下列情形之一的，可以退房：", *items[:2]]), "\n".join(items[2:])]


def test_a_definition_comes_with_what_it_defines(knowledge: KnowledgeBase, ranker: Ranker) -> None:
    evidence = choose(weigh("什么是氛围编码？", knowledge, ranker), knowledge.generation)
    assert any("氛围编码(Vibe Coding)” 的兴起。这是一个由 Karpathy" in one.quote for one in evidence)


@pytest.mark.parametrize("question", ["RLVR 改变了什么", "幽灵", "Nano Banana", "为什么重要", "量子计算"])
def test_what_is_chosen(knowledge: KnowledgeBase, ranker: Ranker, question: str) -> None:
    weighed = weigh(question, knowledge, ranker)
    scores = [candidate.score for candidate in weighed.candidates]
    assert scores == sorted(scores, reverse=True)
    assert 0 < weighed.confidence < 1
    evidence = choose(weighed, knowledge.generation)
    assert 0 < len(evidence) <= QUOTES
    assert sum(len(one.quote) for one in evidence) <= CHARACTERS
    assert evidence[0].probability == weighed.confidence
    assert all(0 < one.probability <= weighed.confidence for one in evidence)
    spans = sorted((one.start, one.end) for one in evidence)
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))


def test_what_scores_far_less_is_not_quoted(knowledge: KnowledgeBase, ranker: Ranker) -> None:
    weighed = weigh("RLVR 改变了什么", knowledge, ranker)
    first, *others = weighed.candidates
    alone = Weighed([first, *(one._replace(score=first.score - GAP - 1) for one in others)], 0.5)
    (only,) = choose(alone, knowledge.generation)
    assert only.probability == 0.5
    together = Weighed([first, *(one._replace(score=first.score) for one in others)], 0.5)
    assert len(choose(together, knowledge.generation)) > 1


def test_neighbours_join_up_to_three(knowledge: KnowledgeBase, ranker: Ranker) -> None:
    generation = knowledge.generation
    weighed = weigh("RLVR 改变了什么", knowledge, ranker)
    passage = max((one.passage for one in weighed.candidates), key=lambda one: len(one.sentences))
    rows = sorted((one for one in weighed.candidates if one.passage is passage), key=lambda one: one.sentence)
    same = Weighed([one._replace(score=1.0) for one in rows], 0.5)
    for one in choose(same, generation):
        inside = [n for n in passage.sentences if one.start <= generation.sentence(n).start < one.end]
        assert len(inside) <= QUOTE_SENTENCES


def test_what_has_no_room_for_its_context_is_quoted_alone(
    knowledge_of: Callable[[dict[str, str]], KnowledgeBase],
) -> None:
    context, rule = f"租金{'按月' * 75}。", "这是押金的规定{}。"
    texts = {title: context + rule.format(title) for title in "甲乙丙"}
    knowledge = knowledge_of(texts)
    weighed = weigh("押金的规定", knowledge, Ranker(knowledge.generation))
    rules = [one._replace(score=1.0) for one in weighed.candidates if one.sentence % 2]
    quotes = [one.quote for one in choose(Weighed(rules, 0.5), knowledge.generation)]
    first, second, third = (one.passage.document for one in rules)
    assert quotes == [first.text, second.text, rule.format(third.title)]


def test_nothing_found_is_nothing_chosen(knowledge: KnowledgeBase, ranker: Ranker) -> None:
    weighed = ranker.weigh(understand("幽灵", knowledge.generation), [])
    assert (weighed.candidates, weighed.confidence) == ([], 0.0)
    assert choose(weighed, knowledge.generation) == []


def test_who_asks_for_two_things_gets_the_second_before_the_first_once_more(
    knowledge: KnowledgeBase, ranker: Ranker
) -> None:
    (model, *_) = weigh("RLVR 改变了什么", knowledge, ranker).candidates
    apart = [
        n
        for n in range(0, knowledge.generation.sentences, 4)
        if len(run_around(n, knowledge.generation)) == 1
    ]

    def one(place: int, score: float, held: list[float]) -> Candidate:
        return model._replace(sentence=apart[place], score=score, held=np.array(held, np.float32))

    first, again, second = one(0, 3.0, [0.5, 0]), one(1, 2.0, [0.5, 0]), one(2, 1.6, [0, 0.5])
    more = one(3, 1.0, [0.5, 0])
    quoted = choose(Weighed([first, again, second, more], 0.9), knowledge.generation)
    starts = [knowledge.generation.sentence(apart[place]).start for place in (0, 2, 1)]
    assert [evidence.start for evidence in quoted] == starts
