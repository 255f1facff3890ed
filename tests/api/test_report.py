import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from api.chart import tradeoff
from api.reportpage import false_answers, render, worst
from rag.comparison import compare
from rag.report import Report
from rag.score import Quoted, Score


def row(identity: str, confidence: float, recall: float | None, answered: bool = True) -> Score:
    quoted = [Quoted("文 <b>.txt", 3, 9, "原文 <script>alert(1)</script>")]
    known = recall is not None
    metrics = {"recall@3": recall} if recall is not None else {}
    return Score(
        identity,
        f"问{identity}$x$<i>",
        "类$_<b>",
        known,
        answered,
        confidence,
        bool(recall),
        1.0,
        6,
        1.0,
        metrics,
        quoted * known,
        quoted,
    )


ROWS = [
    row("a", 0.9, 1.0),
    row("b", 0.7, 0.0),
    row("c", 0.8, 0.0),
    row("d", 0.6, None),
    row("e", 0.6, 0.5),
    row("f", 0.3, None, False),
]


def report_of(scores: list[Score]) -> Report:
    from rag.report import summarise

    return summarise(scores, {"questions": "题.jsonl", "min_confidence": 0.5})


def test_worst_and_false_answers_are_in_order() -> None:
    report = report_of(ROWS)
    assert [one.id for one in worst(report, "recall@3")] == ["c", "b", "e"]
    assert [one.id for one in false_answers(report)] == ["d"]


def test_the_tradeoff_by_counting_at_each_threshold() -> None:
    for threshold, false, right in tradeoff(ROWS)[1:]:
        assert false == sum(one.confidence >= threshold for one in ROWS if not one.answerable) / 2
        assert right == sum(one.confidence >= threshold and one.right for one in ROWS if one.answerable) / 4
    assert [point[0] for point in tradeoff(ROWS)] == [1.0, 0.9, 0.8, 0.7, 0.6, 0.3]


def test_nothing_is_loaded_and_nothing_escapes() -> None:
    from dataclasses import replace

    report = report_of(ROWS)
    page = render(replace(report, comparison=compare(ROWS[::-1], ROWS)), "http://127.0.0.1:8000")
    assert "<script" not in page
    assert "<i>" not in page
    assert not re.search(r"(?:src|@import|url\()\s*=?\s*[\"']?(?:https?:)?//", page)
    assert "http://127.0.0.1:8000/documents/%E6%96%87%20%3Cb%3E.txt/text#char=3,9" in page
    assert page.count("<svg") == 3


def test_a_set_without_unanswerable_questions_or_spans() -> None:
    page = render(report_of(ROWS[:2]))
    assert page.count("<svg") == 2
    assert "误答 False answers" not in page
    only = render(report_of([ROWS[3]]))
    assert "没有。" in only


@pytest.mark.browser
@pytest.mark.parametrize("width", [1200, 390])
def test_the_page_fits_a_desk_and_a_phone(browser: Browser, tmp_path: Path, width: int) -> None:
    file = tmp_path / "report.html"
    file.write_text(render(report_of(ROWS)), "utf-8")
    asked: list[str] = []
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("figure svg").count() == 3
    assert page.locator("figure svg").first.bounding_box()["width"] > 300  # type: ignore[index]
    page.close()
    assert asked == [file.as_uri()]
