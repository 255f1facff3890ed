"""What README says is so."""

import json
import re
from dataclasses import asdict
from pathlib import Path

import pytest

from rag.evaluation import evaluate
from rag.knowledge import KnowledgeBase
from rag.questionset import BUNDLED, read_questions

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def keys(value: object) -> object:
    if isinstance(value, dict):
        return {key: keys(one) for key, one in value.items()}
    return [keys(value[0])] if isinstance(value, list) and value else None


def test_its_answer_is_the_programs(knowledge: KnowledgeBase) -> None:
    shown = json.loads(re.search(r"```json\n(.*?)```", README, re.DOTALL)[1])  # type: ignore[index]
    answer = asdict(knowledge.ask(shown["question"]))
    assert keys(shown) == keys(json.loads(json.dumps({**answer, "citations": answer["citations"][:1]})))
    cited, ours = shown["citations"][0], answer["citations"][0]
    for name in ("number", "document", "title", "start", "end", "passage", "score", "url"):
        assert cited[name] == ours[name]
    assert ours["quote"].startswith(cited["quote"].rstrip("…"))
    assert (shown["status"], shown["confidence"]) == (answer["status"], answer["confidence"])


def test_its_figures_are_the_programs(knowledge: KnowledgeBase) -> None:
    row = re.search(r"\| 全部 \|(.*)\|", README)[1]  # type: ignore[index]
    report = evaluate(read_questions(BUNDLED, knowledge.generation), knowledge)
    figures = [
        report.metrics[name].value for name in ("recall@1", "recall@3", "answered_share", "false_answer_rate")
    ]
    assert [float(figure) for figure in row.split("|")] == pytest.approx(figures, abs=0.0005)
    counts = (report.questions, report.answerable, report.questions - report.answerable)
    assert f"自带问题集有 {counts[0]} 题（{counts[1]} 题有答案，{counts[2]} 题没有）" in README


def test_its_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert links
    assert all((ROOT / link).exists() for link in links)


def test_it_has_exactly_two_commands_for_a_fresh_machine() -> None:
    assert len(re.findall(r"^python3 -m venv .*$", README, re.MULTILINE)) == 2
