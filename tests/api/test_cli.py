import json
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from index.document import Document

Chuchu = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.parametrize("question", ["什么是氛围编码？", "What is vibe coding?", "什麼是氛圍編碼？"])
def test_ask(chuchu: Chuchu, data: Path, review: Document, question: str) -> None:
    done = chuchu("ask", question, "--json", data=data)
    assert done.returncode == 0
    assert done.stderr == ""
    citations = json.loads(done.stdout)["citations"]
    assert any("通过自然语言(English)全权指挥 AI 编写程序" in citation["quote"] for citation in citations)
    for citation in citations:
        assert review.text[citation["start"] : citation["end"]] == citation["quote"]


def test_ask_for_people(chuchu: Chuchu, data: Path) -> None:
    done = chuchu("ask", "什么是氛围编码？", data=data)
    assert done.returncode == 0
    assert "[1]" in done.stdout
    assert "karpathy-2025-review.txt#char=" in done.stdout
    assert "文中没有" in chuchu("ask", "今天北京天气怎么样？", data=data).stdout


def test_explain_shows_the_features_of_each_quote(chuchu: Chuchu, data: Path) -> None:
    shown = chuchu("ask", "什么是氛围编码？", "--explain", data=data)
    assert "words_with_passage" in shown.stdout
    assert "[1]" in shown.stdout.split("特征")[1]
    answer = json.loads(chuchu("ask", "什么是氛围编码？", "--explain", "--json", data=data).stdout)
    assert len(answer["features"]) == len(answer["citations"])
    assert 0 <= answer["features"][0]["words"] <= 1


def test_build_search_status(chuchu: Chuchu, tmp_path: Path) -> None:
    source = tmp_path / "文档"
    source.mkdir()
    (source / "一[b].md").write_text("# 幽灵[/b]\n幽灵住在电脑里。", "utf-8")
    (source / "坏.txt").write_bytes(bytes(range(256)) * 9)
    built = chuchu("build", str(source), data=tmp_path / "data")
    assert built.returncode == 0
    assert "第 1 代索引已发布：1 篇文档" in built.stdout
    assert "坏.txt" in built.stderr
    report = json.loads(chuchu("build", str(source), "--json", data=tmp_path / "data").stdout)
    assert report["generation"] == 2
    assert report["problems"][0]["source"].endswith("坏.txt")
    hits = json.loads(chuchu("search", "幽灵", "-k", "3", "--json", data=tmp_path / "data").stdout)["hits"]
    assert hits[0]["document"] == "一[b].md"
    assert "幽灵[/b]" in chuchu("search", "幽灵", data=tmp_path / "data").stdout
    assert json.loads(chuchu("status", "--json", data=tmp_path / "data").stdout)["generation"] == 2
    assert "chuchu-static-" in chuchu("status", data=tmp_path / "data").stdout
    elsewhere = chuchu("search", "幽灵", "--document", "没有", data=tmp_path / "data")
    assert (elsewhere.returncode, elsewhere.stdout) == (2, "")


def test_the_data_folder_from_the_environment(chuchu: Chuchu, data: Path) -> None:
    assert json.loads(chuchu("status", "--json", CHUCHU_DATA=str(data)).stdout)["generation"] == 1


def test_evaluate(chuchu: Chuchu, data: Path, tmp_path: Path) -> None:
    shown = chuchu("evaluate", data=data)
    assert shown.returncode == 0
    assert "recall@3" in shown.stdout
    assert "误答" in shown.stdout
    report = json.loads(chuchu("evaluate", "--json", data=data).stdout)
    assert report["questions"] == len(report["scores"]) >= 60
    bad = tmp_path / "q.jsonl"
    bad.write_text('{"id": "q7", "question": "问", "evidence": ["没有的引文"]}', "utf-8")
    failed = chuchu("evaluate", str(bad), data=data)
    assert failed.returncode == 2
    assert "q7" in failed.stderr


def test_the_gate_of_an_evaluation(chuchu: Chuchu, data: Path) -> None:
    passed = chuchu("evaluate", "--at-least", "recall@3=0.1", "--at-most", "false_answer_rate=0.9", data=data)
    assert (passed.returncode, passed.stderr) == (0, "")
    short = chuchu("evaluate", "--json", "--at-least", "recall@1=0.1", "--at-least", "recall@3=1", data=data)
    assert (short.returncode, json.loads(short.stdout)["questions"]) == (1, 76)
    assert "recall@3 应至少 1，测得 0." in short.stderr
    assert "recall@1" not in short.stderr
    assert chuchu("evaluate", "--at-least", "recall=1", data=data).returncode == 2


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["ask", ""], "问题是空的"),
        (["ask", " \n "], "问题是空的"),
        (["ask", "字" * 10_000], "10000"),
        (["ask", "幽灵", "--document", "nope"], "nope"),
        (["ask", "幽灵", "--min-confidence", "2"], "--min-confidence"),
        (["search", "幽灵", "-k", "0"], "k 是 0"),
        (["search", "幽灵", "-k", "1000000000"], "1000000000"),
        (["search", "幽灵", "-k", "x"], "-k"),
        (["nonsense"], "nonsense"),
        (["build", "/nowhere/at/all"], "/nowhere/at/all"),
        (["build", "--dictionary", "/nowhere/at/all"], "/nowhere/at/all"),
    ],
)
def test_mistakes_exit_with_2_and_say_what(chuchu: Chuchu, data: Path, words: list[str], named: str) -> None:
    done = chuchu(*words, data=None if words == ["nonsense"] else data)
    assert (done.returncode, done.stdout) == (2, "")
    assert named in done.stderr


def test_no_index_yet(chuchu: Chuchu, tmp_path: Path) -> None:
    done = chuchu("ask", "幽灵", data=tmp_path)
    assert done.returncode == 2
    assert "chuchu build" in done.stderr


def test_a_damaged_index_exits_with_1(chuchu: Chuchu, own_data: Path) -> None:
    (own_data / "generations" / "1" / "vectors.npy").unlink()
    for words in (["ask", "幽灵"], ["serve", "--port", "1"]):
        done = chuchu(*words, data=own_data)
        assert (done.returncode, done.stdout) == (1, "")
        assert "vectors.npy" in done.stderr


def test_a_bad_environment(chuchu: Chuchu, data: Path) -> None:
    done = chuchu("ask", "幽灵", data=data, CHUCHU_MIN_CONFIDENCE="many")
    assert done.returncode == 2
    assert "CHUCHU_MIN_CONFIDENCE" in done.stderr
    assert "pydantic" not in done.stderr


def test_progress_is_for_terminals_only(chuchu: Chuchu, tmp_path: Path) -> None:
    assert chuchu("build", data=tmp_path).stderr == ""


def test_help_names_every_command(chuchu: Chuchu) -> None:
    shown = chuchu("--help").stdout
    assert all(word in shown for word in ("build", "ask", "search", "status", "evaluate", "serve"))


def test_a_port_in_use(chuchu: Chuchu, data: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = chuchu("serve", "--port", port, data=data)
    assert (done.returncode, done.stdout) == (2, "")
    assert port in done.stderr


def test_quotes_are_printed_verbatim(chuchu: Chuchu, tmp_path: Path) -> None:
    text = "注意 :warning: 这个\t开关 [b]不要[/b] 打开。"
    (tmp_path / "a.txt").write_text(text, "utf-8")
    chuchu("build", str(tmp_path / "a.txt"), data=tmp_path / "data")
    assert text in chuchu("search", "开关", data=tmp_path / "data").stdout
    assert ":warning:" in chuchu("ask", "开关能打开吗", data=tmp_path / "data").stdout


def test_an_output_of_another_encoding(chuchu: Chuchu, data: Path) -> None:
    shown = chuchu("ask", "什么是氛围编码？", data=data, PYTHONIOENCODING="ascii")
    assert shown.returncode == 0
    answer = chuchu("ask", "什么是氛围编码？", "--json", data=data, PYTHONIOENCODING="ascii")
    assert json.loads(answer.stdout)["question"] == "什么是氛围编码？"
