import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from rag.knowledge import rebuild

pytestmark = pytest.mark.browser

Serving = Callable[..., AbstractContextManager[str]]
REFUSED = "status of 422"  # Chromium itself logs each refused request
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
]  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    complaints: list[str] = []
    hosts: set[str] = set()
    page.on("console", lambda message: None if REFUSED in message.text else complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: hosts.add(request.url.split("/")[2].split(":")[0]))
    yield page
    page.close()
    assert complaints == []
    assert hosts == {"127.0.0.1"}


def ask(page: Page, question: str) -> None:
    page.fill("#question", question)
    page.press("#question", "Enter")
    page.wait_for_selector("#answer button[aria-pressed=true]")


def test_the_lit_text_is_the_quote(page: Page, server: str) -> None:
    page.goto(server)
    ask(page, "什么是氛围编码？")
    answer = httpx.post(f"{server}/ask", json={"question": "什么是氛围编码？"}).json()
    for citation in answer["citations"]:
        page.click(f"#answer button[data-number='{citation['number']}']")
        page.wait_for_selector(f"#answer button[data-number='{citation['number']}'][aria-pressed=true]")
        assert page.text_content("mark.lit") == citation["quote"]
        assert page.locator("mark.lit").is_visible()
    assert page.locator("mark").count() == len(answer["citations"])


def test_an_abstention_is_said(page: Page, server: str) -> None:
    page.goto(server)
    ask(page, "今天北京天气怎么样？")
    assert "文中没有" in str(page.text_content("#status"))


def test_astral_characters_and_markup_in_documents(page: Page, tmp_path: Path, serve: Serving) -> None:
    text = "😀𠮷野家<img src=x onerror=alert(1)>是一家店。它賣牛丼<b>飯</b>。\n😀另一段與此無關。"
    record = {"_id": "甲 a?#/<b>.txt", "title": "<script>alert(1)</script>", "text": text}
    (tmp_path / "c.jsonl").write_text(json.dumps(record), "utf-8")
    rebuild(tmp_path / "data", [tmp_path / "c.jsonl"])
    with serve(tmp_path / "data", tmp_path / "log") as address:
        page.goto(address)
        ask(page, "𠮷野家卖什么？")
        answer = httpx.post(f"{address}/ask", json={"question": "𠮷野家卖什么？"}).json()
        quote = answer["citations"][0]["quote"]
        assert "𠮷野家" in quote
        assert page.text_content("mark.lit") == quote
        assert page.text_content("#text") == text
        assert page.locator("#source img, #source b, #title script").count() == 0


def test_a_phone_needs_no_sideways_scrolling(page: Page, server: str) -> None:
    page.set_viewport_size({"width": 375, "height": 700})
    page.goto(server)
    ask(page, "RLVR 是什么？")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_an_error_is_shown(page: Page, server: str) -> None:
    page.goto(server)
    page.fill("#question", "？？？")
    with page.expect_response("**/ask"):
        page.press("#question", "Enter")
    page.wait_for_function("document.querySelector('#status').textContent.includes('没有文字')")
