"""The page in a real browser, where a language model writes."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from fastapi import FastAPI
from model_server import Model, Turn, serving_model
from playwright.sync_api import Page, expect

from api.app import create_app
from api.settings import Settings

pytestmark = pytest.mark.browser

Running = Callable[[FastAPI], AbstractContextManager[int]]
QUESTION = "什么是氛围编码？"
TRUE = "他可以用氛围编码在几分钟内写出一个高效的 BPE 分词器。"
FALSE = "它由张三在 1999 年发明。"


@pytest.fixture(scope="module")
def model() -> Iterator[Model]:
    with serving_model() as model:
        yield model


@pytest.fixture(scope="module")
def address(model: Model, data: Path, running: Running) -> Iterator[str]:
    app = create_app(Settings(data=data, llm_base_url=model.address, llm_model="模型"))
    with running(app) as port:
        yield f"http://127.0.0.1:{port}"


def test_what_the_quotes_do_not_bear_out_is_marked(page: Page, model: Model, address: str) -> None:
    model.writes(f"😀{TRUE}[{{2}}]\n{FALSE}[{{2}}]<img src=x onerror=alert(1)>[9]", 3)
    page.goto(f"{address}/?q={QUESTION}")
    page.wait_for_selector("#answer:not([hidden]):not([aria-busy])")
    expect(page.locator(".unsupported").first).to_contain_text(FALSE)
    assert TRUE not in "".join(page.locator(".unsupported").all_text_contents())
    expect(page.locator(".prose")).to_contain_text(TRUE)
    expect(page.locator(".prose img")).to_have_count(0)
    page.locator(".prose .marker").first.click()
    assert page.text_content("mark.lit") == page.text_content(".card[aria-pressed=true] q")


def pausing(pause: threading.Event, before: str, after: str = "") -> Callable[[list[str], Turn], None]:
    """Write in two parts, the citation in the place of ``{}``, and the second when ``pause`` is over."""

    def script(keys: list[str], turn: Turn) -> None:
        turn.begin()
        turn.say(before.format(keys[2]))
        pause.wait(60)
        if after:
            turn.say(after.format(keys[2]))
        turn.end()

    return script


def test_the_answer_is_shown_as_it_is_written(page: Page, model: Model, address: str) -> None:
    seen = threading.Event()
    model.script = pausing(seen, f"{TRUE}[{{}}]\nKarpathy", " 无需学习 Rust 语法。[{}]")
    page.goto(f"{address}/?q={QUESTION}")
    expect(page.locator(".prose")).to_contain_text(TRUE)
    assert "无需" not in str(page.text_content(".prose"))
    expect(page.locator("#answer[aria-busy]")).to_have_count(1)
    assert page.locator(".card q").count() > 0
    seen.set()
    page.wait_for_selector("#answer:not([aria-busy])")
    expect(page.locator(".prose")).to_contain_text("Karpathy 无需学习 Rust 语法。")


def test_an_answer_that_is_done_opens_nothing_in_another_view(page: Page, model: Model, address: str) -> None:
    left = threading.Event()
    model.script = pausing(left, f"{TRUE}[{{}}]")
    page.goto(f"{address}/?q={QUESTION}")
    page.wait_for_selector("#answer[aria-busy]:not([hidden])")
    page.click("nav a[data-view='documents']")
    left.set()
    page.wait_for_selector("#answer:not([aria-busy])", state="attached")
    page.wait_for_timeout(300)
    assert page.url == f"{address}/?view=documents"
    expect(page.locator("#source")).to_be_hidden()


def test_when_the_model_fails_the_documents_speak(page: Page, model: Model, address: str) -> None:
    model.script = lambda keys, turn: turn.fail(500)
    page.goto(f"{address}/?q={QUESTION}")
    expect(page.locator("#answer")).to_contain_text("语言模型没有写成")
    expect(page.locator(".prose")).to_contain_text("全权指挥 AI 编写程序")
