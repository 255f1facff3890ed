import os
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import pytest

from index.document import Span
from index.errors import EvidenceError, SettingError
from rag.answer import Finished
from rag.asked import Asked, Place
from rag.evaluation import evaluate, evaluate_set
from rag.knowledge import KnowledgeBase
from rag.metric import METRICS
from rag.questionset import BUNDLED
from rag.report import Report, write_whole

DEFINITION = "通过自然语言(English)全权指挥 AI 编写程序"


def asked(knowledge: KnowledgeBase) -> list[Asked]:
    ((name, document),) = knowledge.generation.documents.items()
    start = document.text.index(DEFINITION)
    evidence = [[Place(name, Span(start, start + len(DEFINITION)))]]
    return [
        Asked("1", "什么是氛围编码？", "a", evidence, ["自然语言"]),
        Asked("2", "What is vibe coding?", "b", evidence),
        Asked("3", "今天北京天气怎么样？", "none", []),
    ]


def at(knowledge: KnowledgeBase, threshold: float) -> Report:
    return evaluate(asked(knowledge), KnowledgeBase(knowledge.data, knowledge.generation, threshold))


def test_what_a_report_says(knowledge: KnowledgeBase) -> None:
    report = evaluate(asked(knowledge), knowledge)
    assert (report.questions, report.answerable) == (3, 2)
    for name in ("recall@3", "answer@3", "passage_hit@10", "answered_share", "exactness", "auroc"):
        assert report.value(name) == 1, name
    assert report.value("false_answer_rate") == 0
    assert list(report.metrics) == list(METRICS)
    assert {kind: group.answerable for kind, group in report.kinds.items()} == {"a": 1, "b": 1, "none": 0}
    assert "recall@3" not in report.kinds["none"].metrics
    assert (report.metrics["answer@3"].n, report.metrics["recall@3"].n, report.metrics["ece"].n) == (1, 2, 3)


def test_a_report_on_other_questions_is_refused_before_any_is_asked(knowledge: KnowledgeBase) -> None:
    steps: list[int] = []
    with pytest.raises(SettingError, match="同一个问题集"):
        evaluate_set(BUNDLED, knowledge, lambda *step: steps.append(step[1]), at(knowledge, 0.5))
    assert not steps


def test_an_abstention_is_worth_nothing_and_a_false_answer_is_counted(knowledge: KnowledgeBase) -> None:
    silent, talkative = at(knowledge, 1.0), at(knowledge, 0.0)
    assert silent.value("recall@3") == silent.value("answer@3") == silent.value("answered_share") == 0
    assert silent.value("passage_hit@10") == 1
    assert "characters" not in silent.metrics
    assert talkative.value("false_answer_rate") == 1
    assert (
        [one.right for one in silent.scores] == [one.right for one in talkative.scores] == [True, True, False]
    )


def test_characters_latency_and_reliability_by_hand(knowledge: KnowledgeBase) -> None:
    report = at(knowledge, 0.0)
    quoted = [sum(one.end - one.start for one in score.citations) for score in report.scores]
    assert report.value("characters") == pytest.approx(fmean(quoted))
    assert report.value("latency_p99") == max(one.milliseconds for one in report.scores) > 0
    assert sum(one.n for one in report.reliability) == 3
    gaps = [one.n * abs(one.confidence - one.right) for one in report.reliability]
    assert report.value("ece") == pytest.approx(sum(gaps) / 3)


def test_a_citation_that_is_not_verbatim_is_found_out(knowledge: KnowledgeBase) -> None:
    class Forger(KnowledgeBase):
        def explain(self, *question: str) -> Finished:  # type: ignore[override]
            finished = super().explain(*question)
            first, *others = finished.answer.citations
            forged = [replace(first, quote=first.quote[::-1]), *others]
            return replace(finished, answer=replace(finished.answer, citations=forged))

    report = evaluate(asked(knowledge)[:1], Forger(knowledge.data, knowledge.generation))
    n = len(report.scores[0].citations)
    assert report.value("exactness") == (n - 1) / n


def test_whole_documents_are_judged_as_documents(knowledge: KnowledgeBase) -> None:
    ((name, document),) = knowledge.generation.documents.items()
    whole = [[Place(name, Span(0, len(document.text)))]]
    one = Asked("1", "什么是氛围编码？", "a", whole, (), {name: 2})
    report = evaluate([one], knowledge)
    assert report.value("hit@1") == report.value("passage_ndcg@10") == report.value("passage_recall@1") == 1
    assert report.value("recall@3") is None


def test_the_same_questions_give_the_same_report(knowledge: KnowledgeBase) -> None:
    one, other = (at(knowledge, 0.5) for _ in range(2))
    same = [name for name in METRICS if not name.startswith("latency")]
    assert [one.metrics[name] for name in same] == [other.metrics[name] for name in same]


def test_no_questions_are_no_perfect_score(knowledge: KnowledgeBase) -> None:
    with pytest.raises(EvidenceError, match="没有问题"):
        evaluate([], knowledge)


def test_passages_are_judged_as_search_ranks_them(knowledge: KnowledgeBase) -> None:
    for one in asked(knowledge):
        assert knowledge.explain(one.question).found[:10] == knowledge.search(one.question, 10)


def test_a_report_goes_where_a_link_leads(tmp_path: Path) -> None:
    file, link = tmp_path / "报告.json", tmp_path / "link.json"
    file.write_text("先前的", "utf-8")
    link.symlink_to(file)
    write_whole("现在的", link)
    assert (link.is_symlink(), file.read_text("utf-8")) == (True, "现在的")


def test_a_report_goes_into_a_pipe_and_takes_not_its_place(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_whole("报告", pipe)
        assert (pipe.is_fifo(), os.read(reader, 100).decode()) == (True, "报告")
    finally:
        os.close(reader)
