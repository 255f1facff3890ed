"""The routes that the page draws from: terms, example questions, its own files."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import httpx
import pytest

from index.document import Document
from index.reader import SUFFIXES
from rag.answer import ExtractiveWriter, Status, Wrote
from rag.citation import Citation
from rag.example import Example, examples
from rag.knowledge import KnowledgeBase, rebuild
from rag.questionset import BUNDLED

REVIEW = "karpathy-2025-review.txt"


def test_terms_stand_where_they_are_said_to(server: str, review: Document) -> None:
    found = httpx.get(f"{server}/terms", params={"document": REVIEW}).raise_for_status().json()
    assert (found["sha256"], found["characters"]) == (review.sha256, len(review.text))
    assert found["outline"][0]["title"].startswith("主题一")
    for term in found["terms"]:
        written = {review.text[start:end].casefold() for start, end in term["places"]}
        assert term["count"] == len(term["places"]) > 1
        assert term["name"].casefold() in written
    names = {term["name"]: term["others"] for term in found["terms"]}
    assert names["RLVR"][0] == "基于可验证奖励的强化学习"
    for link in found["links"]:
        assert 0 <= link["one"] < link["other"] < len(found["terms"])


def test_terms_of_no_document(server: str) -> None:
    assert httpx.get(f"{server}/terms", params={"document": "nope"}).status_code == 404
    assert httpx.get(f"{server}/terms").status_code == 422


def test_examples_are_of_the_bundled_set(server: str) -> None:
    found = httpx.get(f"{server}/examples").raise_for_status().json()["examples"]
    ours = [json.loads(line) for line in BUNDLED.read_text("utf-8").splitlines()]
    assert [one["question"] for one in found] == [one["question"] for one in ours]


def test_examples_fit_the_documents(
    tmp_path: Path, review: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(*texts: str) -> set[str]:
        records = [{"_id": str(number), "text": text} for number, text in enumerate(texts)]
        (tmp_path / "c.jsonl").write_text("\n".join(map(json.dumps, records)), "utf-8")
        rebuild(tmp_path / "data", [tmp_path / "c.jsonl"])
        return {one.kind for one in examples(KnowledgeBase.open(tmp_path / "data"))}

    first_part = review.text[: review.text.index("主题二")]
    assert asked("与书评无关的一篇。") == set()
    assert {"fact", "why"} <= asked(review.text, "另一篇。")
    assert "unanswerable" not in asked(review.text, "另一篇。")
    assert "unanswerable" in asked(review.text)
    assert "several" not in asked("主题一：" + first_part[:900])
    monkeypatch.setattr("rag.example.LARGEST", 1000)
    assert asked(review.text) == {"whole", "heading"}


FAQ = """# 云盘常见问题

问：忘记密码怎么办？
答：在登录页点“找回密码”。

## 怎样升级为会员

在“我的”页面升级。
"""


def test_other_documents_are_asked_what_they_ask_themselves(
    knowledge_of: Callable[[dict[str, str]], KnowledgeBase], monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = {
        f"会议{number}.md": f"## 第{number}次会议的决定\n\n决定第{number}次搬家。" for number in range(60)
    }
    knowledge = knowledge_of({"问答.md": FAQ, "散文.md": "没有问题的一篇。", **notes})
    found = examples(knowledge)
    assert found[0] == Example("怎样升级为会员", "question")
    assert 10 < len(found) <= 24
    monkeypatch.setattr("rag.knowledge.QUICK", 0)
    assert 0 < len(examples(knowledge)) <= 6
    for one in found:
        answer = knowledge.ask(one.question)
        assert answer.status == "answered"
        assert one.question.split("的")[0] in answer.citations[0].quote
    assert [one.question for one in examples(knowledge_of({"问答.md": FAQ}))] == [
        "这篇文章讲了什么？",
        "怎样升级为会员",
        "忘记密码怎么办？",
        "云盘常见问题",
    ]


class _NeverWrites(ExtractiveWriter):
    def write(self, question: str, citations: Sequence[Citation], status: Status) -> Iterator[Wrote]:
        pytest.fail(f"written for: {question}")


def test_no_answer_is_written_for_an_example(knowledge_of: Callable[[dict[str, str]], KnowledgeBase]) -> None:
    found = knowledge_of({"问答.md": FAQ})
    assert examples(KnowledgeBase(found.data, found.generation, writer=_NeverWrites())) == examples(found)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html"),
        ("/page/page.css", "text/css"),
        ("/page/main.js", "text/javascript"),
        ("/page/icon.svg", "image/svg+xml"),
    ],
)
def test_the_pages_files_have_their_types_and_are_asked_about_each_time(
    server: str, path: str, kind: str
) -> None:
    first = httpx.get(server + path).raise_for_status()
    assert first.headers["content-type"].startswith(kind)
    assert first.headers["cache-control"] == "no-cache"
    policy = first.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    again = httpx.get(server + path, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.headers["content-security-policy"] == policy


@pytest.mark.parametrize(
    "path", ["/page/", "/page/nope.js", "/page/..%2fapp.py", "/page/%00", "/page/" + "a" * 5000]
)
def test_nothing_beside_the_pages_files_is_served(server: str, path: str) -> None:
    refused = httpx.get(server + path)
    assert refused.status_code == 404
    assert refused.headers["content-type"] == "application/problem+json"


def test_the_page_names_no_other_host() -> None:
    for file in (Path(__file__).parents[2] / "api" / "page").iterdir():
        text = file.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text, file
        assert "https://" not in text.replace('placeholder="https://"', ""), file


def test_the_page_takes_the_kinds_of_files_that_can_be_read() -> None:
    page = (Path(__file__).parents[2] / "api" / "page" / "index.html").read_text("utf-8")
    assert re.findall(r'id="files" type="file" multiple accept="([^"]+)"', page) == [",".join(SUFFIXES)]


def test_whatever_the_page_says_it_has_words_for() -> None:
    folder = Path(__file__).parents[2] / "api" / "page"
    words = set(re.findall(r'^  "([^"]+)": \[', (folder / "words.js").read_text("utf-8"), re.MULTILINE))
    said = re.compile(r'say\("([^"]+)"|data-(?:say|label|placeholder)="([^"]+)"')
    for file in folder.glob("*.[jh]*"):
        for found in said.findall(file.read_text("utf-8")):
            assert "".join(found) in words, file
