import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from api import cli, server
from index.document import Document
from rag.questionset import BUNDLED

Chuchu = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.parametrize("question", ["什么是氛围编码？", "What is vibe coding?", "什麼是氛圍編碼？"])
def test_ask(chuchu_here: Chuchu, data: Path, review: Document, question: str) -> None:
    done = chuchu_here("ask", question, "--json", data=data)
    assert done.returncode == 0
    assert done.stderr == ""
    citations = json.loads(done.stdout)["citations"]
    assert any("通过自然语言(English)全权指挥 AI 编写程序" in citation["quote"] for citation in citations)
    for citation in citations:
        assert review.text[citation["start"] : citation["end"]] == citation["quote"]


def test_ask_for_people(chuchu: Chuchu, chuchu_here: Chuchu, data: Path) -> None:
    done = chuchu("ask", "什么是氛围编码？", data=data)
    assert done.returncode == 0
    assert "[1]" in done.stdout
    assert "karpathy-2025-review.txt#char=" in done.stdout
    assert "文中没有" in chuchu_here("ask", "今天北京天气怎么样？", data=data).stdout


def test_explain_shows_the_features_of_each_quote(chuchu_here: Chuchu, data: Path) -> None:
    shown = chuchu_here("ask", "什么是氛围编码？", "--explain", data=data)
    assert "words_with_passage" in shown.stdout
    assert "[1]" in shown.stdout.split("特征")[1]
    answer = json.loads(chuchu_here("ask", "什么是氛围编码？", "--explain", "--json", data=data).stdout)
    assert len(answer["features"]) == len(answer["citations"])
    assert 0 <= answer["features"][0]["words"] <= 1


def test_build_search_status(chuchu: Chuchu, chuchu_here: Chuchu, tmp_path: Path) -> None:
    source = tmp_path / "文档"
    source.mkdir()
    (source / "一[b].md").write_text("# 幽灵[/b]\n幽灵住在电脑里。", "utf-8")
    (source / "坏.txt").write_bytes(bytes(range(256)) * 9)
    built = chuchu("build", str(source), data=tmp_path / "data")
    assert built.returncode == 0
    assert "第 1 代索引已发布：1 篇文档" in built.stdout
    assert "坏.txt" in built.stderr
    report = json.loads(chuchu_here("build", str(source), "--json", data=tmp_path / "data").stdout)
    assert report["generation"] == 2
    assert report["problems"][0]["source"].endswith("坏.txt")
    hits = json.loads(chuchu("search", "幽灵", "-k", "3", "--json", data=tmp_path / "data").stdout)["hits"]
    assert hits[0]["document"] == "一[b].md"
    assert "幽灵[/b]" in chuchu_here("search", "幽灵", data=tmp_path / "data").stdout
    assert json.loads(chuchu("status", "--json", data=tmp_path / "data").stdout)["generation"] == 2
    status = chuchu_here("status", data=tmp_path / "data").stdout
    assert "chuchu-static-" in status
    assert not re.search(r"None|\['|'\]", status)  # nothing as Python writes it
    elsewhere = chuchu_here("search", "幽灵", "--document", "没有", data=tmp_path / "data")
    assert (elsewhere.returncode, elsewhere.stdout) == (2, "")


def test_the_data_folder_from_the_environment(chuchu: Chuchu, data: Path) -> None:
    assert json.loads(chuchu("status", "--json", CHUCHU_DATA=str(data)).stdout)["generation"] == 1


def test_evaluate(chuchu: Chuchu, chuchu_here: Chuchu, data: Path, tmp_path: Path) -> None:
    shown = chuchu("evaluate", data=data)
    assert shown.returncode == 0
    assert "recall@3" in shown.stdout
    assert "误答" in shown.stdout
    report = json.loads(chuchu_here("evaluate", "--json", data=data).stdout)
    assert report["questions"] == len(report["scores"]) >= 60
    bad = tmp_path / "q.jsonl"
    bad.write_text('{"id": "q7", "question": "问", "evidence": ["没有的引文"]}', "utf-8")
    failed = chuchu_here("evaluate", str(bad), data=data)
    assert failed.returncode == 2
    assert "q7" in failed.stderr


def test_the_gate_of_an_evaluation(chuchu: Chuchu, chuchu_here: Chuchu, data: Path) -> None:
    passed = chuchu_here(
        "evaluate", "--at-least", "recall@3=0.1", "--at-most", "false_answer_rate=0.9", data=data
    )
    assert (passed.returncode, passed.stderr) == (0, "")
    short = chuchu("evaluate", "--json", "--at-least", "recall@1=0.1", "--at-least", "recall@3=1", data=data)
    assert (short.returncode, json.loads(short.stdout)["questions"]) == (1, 76)
    assert "recall@3 应至少 1，测得 0." in short.stderr
    assert "recall@1" not in short.stderr
    assert chuchu_here("evaluate", "--at-least", "recall=1", data=data).returncode == 2


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["ask", ""], "问题是空的"),
        (["ask", " \n "], "问题是空的"),
        (["ask", "字" * 10_000], "10000"),
        (["ask", "幽灵", "--document", "nope"], "共有 1 篇，如 'karpathy-2025-review.txt'"),
        (["ask", "幽灵", "--min-confidence", "2"], "--min-confidence"),
        (["search", "幽灵", "-k", "0"], "k 是 0"),
        (["search", "幽灵", "-k", "1000000000"], "1000000000"),
        (["search", "幽灵", "-k", "x"], "-k"),
        (["nonsense"], "nonsense"),
        (["build", "/nowhere/at/all"], "/nowhere/at/all"),
        (["build", ""], "来源是空的"),
        (["build", "--dictionary", "/nowhere/at/all"], "/nowhere/at/all"),
    ],
)
def test_mistakes_exit_with_2_and_say_what(
    chuchu_here: Chuchu, data: Path, words: list[str], named: str
) -> None:
    done = chuchu_here(*words, data=None if words == ["nonsense"] else data)
    assert (done.returncode, done.stdout) == (2, "")
    assert named in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("ask", "缺少 'question'；用法见 chuchu ask --help"),
        ("ask 甲 乙", "多出了 乙；用法见 chuchu ask --help"),
        ("ask 甲 --documen 乙", "没有选项 --documen，可用 --document；用法见 chuchu ask --help"),
        ("ask 甲 --document", "选项 '--document' 后面要有一个值；用法见 chuchu --help"),
        ("ask 甲 --min-confidence 乙", "'--min-confidence' 的值不可用：应为数字；用法见 chuchu ask --help"),
        ("status --json=1", "选项 '--json' 不带值；用法见 chuchu --help"),
        ("serve --port 0", "'--port' 的值不可用：应不小于 1；用法见 chuchu serve --help"),
        ("serve --port 65536", "'--port' 的值不可用：应不大于 65535；用法见 chuchu serve --help"),
        ("rollback 甲", "'代' 的值不可用：应为整数；用法见 chuchu rollback --help"),
        ("questions [b]chekc", "没有命令 '[b]chekc'，是不是 'check'；用法见 chuchu questions --help"),
    ],
)
def test_what_typer_finds_wrong_is_said_in_chinese(chuchu_here: Chuchu, words: str, said: str) -> None:
    done = chuchu_here(*words.split())
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"错误 {said}\n")


def test_no_command_shows_the_help_alone(chuchu_here: Chuchu) -> None:
    done = chuchu_here()
    assert (done.returncode, done.stderr, "evaluate" in done.stdout) == (2, "", True)


def test_no_index_yet(chuchu_here: Chuchu, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for data in (tmp_path, tmp_path / "file"):
        done = chuchu_here("ask", "幽灵", data=data)
        assert (done.returncode, "chuchu build" in done.stderr) == (2, True)


def test_a_damaged_index_exits_with_1(chuchu: Chuchu, chuchu_here: Chuchu, own_data: Path) -> None:
    (own_data / "generations" / "1" / "vectors.npy").unlink()
    for run, *words in ((chuchu_here, "ask", "幽灵"), (chuchu, "serve", "--port", "1")):
        done = run(*words, data=own_data)
        assert (done.returncode, done.stdout) == (1, "")
        assert "vectors.npy" in done.stderr


def test_a_bad_environment(chuchu_here: Chuchu, data: Path) -> None:
    done = chuchu_here("ask", "幽灵", data=data, CHUCHU_MIN_CONFIDENCE="many")
    assert done.returncode == 2
    assert "CHUCHU_MIN_CONFIDENCE" in done.stderr
    assert "pydantic" not in done.stderr


def test_progress_is_for_terminals_only(chuchu: Chuchu, tmp_path: Path) -> None:
    assert chuchu("build", data=tmp_path).stderr == ""


def test_help_names_every_command(chuchu_here: Chuchu) -> None:
    shown = chuchu_here("--help").stdout
    assert all(word in shown for word in ("build", "ask", "search", "status", "evaluate", "serve"))


def test_help_reads_well(chuchu_here: Chuchu) -> None:
    usage = chuchu_here("rollback", "--help").stdout.split("\n")[1]
    assert usage.split() == ["Usage:", "chuchu", "rollback", "[OPTIONS]", "[代]"]
    assert BUNDLED.name not in chuchu_here("evaluate", "--help").stdout


def test_a_port_in_use(chuchu: Chuchu, data: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = chuchu("serve", "--port", port, data=data)
    assert (done.returncode, done.stdout) == (2, "")
    assert port in done.stderr


def test_an_address_of_ipv6_is_shown_whole(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(server, "require_free", lambda *_: None)  # this machine has no such address
    monkeypatch.setattr(server, "run", lambda *_: None)
    cli.serve(host="fd00::1", insecure=True, data=data)
    assert "http://[fd00::1]:8000 " in capsys.readouterr().out


def test_quotes_are_printed_verbatim(chuchu_here: Chuchu, tmp_path: Path) -> None:
    text = "注意 :warning: 这个\t开关 [b]不要[/b] 打开。"
    (tmp_path / "a.txt").write_text(text, "utf-8")
    chuchu_here("build", str(tmp_path / "a.txt"), data=tmp_path / "data")
    assert text in chuchu_here("search", "开关", data=tmp_path / "data").stdout
    assert ":warning:" in chuchu_here("ask", "开关能打开吗", data=tmp_path / "data").stdout


def test_an_output_of_another_encoding(chuchu: Chuchu, data: Path) -> None:
    shown = chuchu("ask", "什么是氛围编码？", data=data, PYTHONIOENCODING="ascii")
    assert shown.returncode == 0
    answer = chuchu("ask", "什么是氛围编码？", "--json", data=data, PYTHONIOENCODING="ascii")
    assert json.loads(answer.stdout)["question"] == "什么是氛围编码？"


def test_a_report_is_whole_or_not_there(chuchu_here: Chuchu, data: Path, tmp_path: Path) -> None:
    page, report = tmp_path / "r.html", tmp_path / "r.json"
    done = chuchu_here("evaluate", "--html", str(page), "--report", str(report), data=data)
    assert done.returncode == 0
    assert "</html>" in page.read_text("utf-8")
    again = chuchu_here("evaluate", "--against", str(report), data=data)
    assert "0 题有变" in again.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["r.html", "r.json"]
    half = tmp_path / "half.json"
    half.write_text(report.read_text("utf-8")[:5000], "utf-8")
    for wrong in (half, tmp_path / "none.json"):
        refused = chuchu_here("evaluate", "--against", str(wrong), data=data)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert wrong.name in refused.stderr


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_an_evaluation_that_is_stopped_leaves_no_report(data: Path, tmp_path: Path, how: int) -> None:
    questions = tmp_path / "many.jsonl"
    line = '{"id": "q%d", "question": "什么是氛围编码？", "evidence": ["幽灵"]}'
    questions.write_text("\n".join(line % n for n in range(5_000)), "utf-8")
    report = tmp_path / "r.json"
    report.write_text("先前的报告", "utf-8")
    files = ["--report", str(report), "--html", str(tmp_path / "r.html")]
    words = ["evaluate", str(questions), "--data", str(data), *files]
    ours, theirs = pty.openpty()  # a terminal is shown how far it is
    process = subprocess.Popen(
        [sys.executable, "-c", "from api.cli import main; main()", *words],
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm"},
    )
    os.close(theirs)
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        shown = b""
        while b"/5000" not in shown:
            shown += terminal.read(4096)
        process.send_signal(how)
        with suppress(OSError):  # it is closed
            while more := terminal.read(4096):
                shown += more
    assert process.wait(20) != 0
    assert b"Traceback" not in shown
    assert report.read_text("utf-8") == "先前的报告"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["many.jsonl", "r.json"]


def test_an_index_of_the_sets_own_documents_goes_away(
    chuchu: Chuchu, chuchu_here: Chuchu, data: Path, tmp_path: Path
) -> None:
    (tmp_path / "corpus.jsonl").write_text('{"_id": "a", "text": "青蛙会游泳。猫不会。"}', "utf-8")
    questions = tmp_path / "questions.jsonl"
    questions.write_text('{"id": "1", "question": "青蛙会什么？", "evidence": ["青蛙会游泳。"]}', "utf-8")
    (tmp_path / "scratch").mkdir()
    done = chuchu("evaluate", str(tmp_path), "--build", "--json", data=data, TMPDIR=str(tmp_path / "scratch"))
    assert json.loads(done.stdout)["metrics"]["hit@3"]["value"] == 1
    assert not [path for path in (tmp_path / "scratch").iterdir() if path.name.startswith("chuchu-")]
    assert "青蛙" in chuchu_here("evaluate", str(questions), data=data).stderr


def test_the_bundled_set_does_not_fit_other_documents(chuchu_here: Chuchu, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("青蛙会游泳。", "utf-8")
    chuchu_here("build", str(tmp_path / "a.md"), data=tmp_path / "data")
    refused = chuchu_here("evaluate", data=tmp_path / "data")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "请用自己的问题集" in refused.stderr
    assert BUNDLED.name not in refused.stderr


def test_what_is_wrong_with_the_sets_own_documents_is_told_of_the_users_file(
    chuchu_here: Chuchu, tmp_path: Path
) -> None:
    article = {"title": "甲", "paragraphs": [{"context": "青蛙会游泳。", "qas": []}]}
    mute = {"title": "乙", "paragraphs": [{"context": "……", "qas": []}]}
    for articles in ([], [mute], [article, mute]):
        (tmp_path / "题[b].json").write_text(json.dumps({"data": articles}), "utf-8")
        done = chuchu_here("evaluate", str(tmp_path / "题[b].json"), "--build")
        assert (done.returncode, done.stdout) == (2, "")
        assert "corpus.jsonl" not in done.stderr
        assert str(tmp_path / "题[b].json") in done.stderr
        assert ("没有一个字可以引用" in done.stderr) == (mute in articles)


def test_a_question_set_is_checked_and_drafted(chuchu_here: Chuchu, data: Path, tmp_path: Path) -> None:
    assert chuchu_here("questions", "check", str(BUNDLED), data=data).returncode == 0
    drafted = tmp_path / "drafts[b].jsonl"
    assert f"写在 {drafted}；" in chuchu_here("questions", "draft", "--out", str(drafted), data=data).stdout
    lines = drafted.read_text("utf-8").splitlines()
    assert any("氛围编码" in json.loads(line)["question"] for line in lines)
    refused = chuchu_here("evaluate", str(drafted), data=data)
    assert (refused.returncode, "草稿" in refused.stderr) == (2, True)
    edited = [json.loads(line) | {"draft": False} for line in lines]
    edited += [
        edited[0],
        edited[1] | {"id": "x"},
        {"id": "y", "question": "问", "evidence": ["没有的话", "幽灵"]},
        {"id": "z", "question": "另问", "evidence": ["幽灵"]},
        {"id": "w", "question": "？", "evidence": []},
    ]
    drafted.write_text("\n".join(json.dumps(one) for one in edited), "utf-8")
    found = chuchu_here("questions", "check", str(drafted), "--json", data=data)
    assert found.returncode == 2
    checked = json.loads(found.stdout)
    named = ("没有的话", "没有文字", "重复")
    assert all(word in one for word, one in zip(named, checked["errors"], strict=True))
    assert any("处；" in one for one in checked["warnings"])
    assert sum("相同" in one for one in checked["warnings"]) == 2


def test_what_a_command_holds_goes_with_its_process() -> None:
    code = (
        "import os, sys; from api.cli import main\n"
        "class Held:\n"
        "    def __del__(self): os.write(1, b'freed')\n"
        "held = Held(); held.itself = held\n"
        "sys.argv = ['chuchu', '--help']\n"
        "main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert "出处" in done.stdout
    assert "freed" not in done.stdout
