"""The page in a real browser: adding documents, going back, evaluating, and the key it is asked for."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect
from pydantic import SecretStr

from api.app import create_app
from api.settings import Settings

pytestmark = pytest.mark.browser

Running = Callable[[FastAPI], AbstractContextManager[int]]
READING, ADMINISTERING = "r" * 32, "a" * 32
SLOW = 90_000  # milliseconds that a job may take on a busy machine
NAME = "<img src=x onerror=alert(1)>.md"
NEW = "# 灯塔\n\n花鸟山灯塔建于一八七〇年😀，被稱為遠東第一燈塔。\n"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, data: Path, running: Running) -> Iterator[str]:
    """The address of a server with two keys, whose index may be changed."""
    folder = tmp_path_factory.mktemp("library")
    shutil.copytree(data, folder / "data")
    keys = {"api_key": SecretStr(READING), "admin_key": SecretStr(ADMINISTERING)}
    with running(create_app(Settings(data=folder / "data", **keys))) as port:  # type: ignore[arg-type]
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def admin(page: Page) -> Page:
    page.on("dialog", lambda dialog: pytest.fail("markup ran"))
    page.add_init_script(f"sessionStorage.setItem('chuchu-key', '{ADMINISTERING}')")
    return page


def lit(page: Page) -> str:
    page.wait_for_selector("mark.lit")
    return "".join(page.locator("mark.lit").all_text_contents())


def ask(page: Page, address: str, question: str) -> None:
    page.goto(f"{address}/?q={question}")
    page.wait_for_selector("#answer:not([hidden]):not([aria-busy])", timeout=SLOW)


def finished(page: Page, box: str) -> None:
    page.wait_for_selector(f"{box}.succeeded", timeout=SLOW)


def test_a_key_is_asked_for_and_kept_in_the_tab(page: Page, library: str) -> None:
    page.goto(library)
    page.fill("#key-value", "wrong" * 8)
    page.keyboard.press("Enter")
    expect(page.locator("#key-wrong")).to_be_visible()
    page.fill("#key-value", READING)
    page.keyboard.press("Enter")
    page.wait_for_selector("#examples .question")
    page.reload()
    page.wait_for_selector("#examples .question")
    page.goto(f"{library}/?view=documents")
    page.click("#rebuild")
    expect(page.locator("#key")).to_be_visible()  # reading is not administering
    page.locator("#key button.plain").click()
    expect(page.locator("#toast")).to_contain_text("密钥")
    assert page.evaluate("Object.values(localStorage).join().includes('rrrr')") is False


def test_a_browser_that_keeps_nothing_asks_all_the_same(page: Page, library: str) -> None:
    denied = "get() { throw new DOMException('denied', 'SecurityError') }"
    for name in ("localStorage", "sessionStorage"):
        page.add_init_script(f"Object.defineProperty(window, '{name}', {{ {denied} }})")
    page.goto(library)
    page.fill("#key-value", READING)
    page.press("#key-value", "Enter")
    page.fill("#question", "什么是氛围编码？")
    page.press("#question", "Enter")
    page.wait_for_selector("#answer:not([hidden]):not([aria-busy])")
    page.click("#theme")
    page.click("#language")
    expect(page.locator("#language")).to_have_text("中文")


def test_upload_rebuild_ask_and_go_back(admin: Page, library: str) -> None:
    admin.goto(f"{library}/?view=documents")
    expect(admin.locator("#documents .entry")).to_have_count(1)
    admin.set_input_files("#files", {"name": "x.exe", "mimeType": "text/plain", "buffer": b"x"})
    expect(admin.locator("#toast")).to_contain_text("x.exe")
    admin.set_input_files("#files", {"name": NAME, "mimeType": "text/markdown", "buffer": NEW.encode()})
    admin.wait_for_selector("#building.running")
    finished(admin, "#building")
    expect(admin.locator("#documents .entry")).to_have_count(2)
    expect(admin.locator("#generations .entry").first).to_contain_text("使用中")
    expect(admin.locator("#generations .entry").first).to_contain_text("加 1")

    admin.locator("#documents a", has_text="灯塔").click()
    expect(admin.locator("#text")).to_have_text(NEW, use_inner_text=False)
    expect(admin.locator("main img, aside img")).to_have_count(0)

    ask(admin, library, "花鸟山灯塔建于哪一年？")
    assert "一八七〇年😀" in lit(admin)

    admin.goto(f"{library}/?view=documents")
    admin.get_by_role("button", name="退回这一代").click()
    expect(admin.locator("#documents .entry")).to_have_count(1)
    expect(admin.locator("#generations .entry").last).to_contain_text("使用中")
    ask(admin, library, "花鸟山灯塔建于哪一年？")
    expect(admin.locator("#status")).to_contain_text("文中没有")


def test_files_can_be_dropped(admin: Page, library: str) -> None:
    admin.goto(f"{library}/?view=documents")
    admin.wait_for_selector("#documents .entry")
    dropped = admin.evaluate_handle(
        """() => { const data = new DataTransfer(); data.items.add(new File(['拖进来的一篇说的是海带。'], '海带.txt')); return data; }"""
    )
    admin.dispatch_event("#drop", "drop", {"dataTransfer": dropped})
    finished(admin, "#building")
    expect(admin.locator("#documents")).to_contain_text("海带")


def test_an_answer_from_a_pdf_names_its_page(admin: Page, browser: Browser, library: str) -> None:
    printer = browser.new_page()
    printer.set_content(
        "<title>藻</title><p>海带生长在冷水里，渔民在春天收割。晒干之后可以存放三年。</p>"
        "<p>紫菜则长在礁石上，退潮时采摘。烤过的紫菜最香。</p>"
        "<p style='break-before: page'>裙带菜原产于韩国釜山沿海。裙带菜的嫩叶可以煮汤。裙带菜的茎可以凉拌。</p>"
    )
    printed = printer.pdf()
    printer.close()
    admin.goto(f"{library}/?view=documents")
    admin.wait_for_selector("#documents .entry")
    admin.set_input_files("#files", {"name": "藻.pdf", "mimeType": "application/pdf", "buffer": printed})
    finished(admin, "#building")
    ask(admin, library, "裙带菜原产于哪里？")
    assert "釜山" in lit(admin)
    expect(admin.locator(".card.lit")).to_contain_text("藻.pdf · 第 2 页")


def test_what_fails_is_said(admin: Page, library: str) -> None:
    admin.goto(f"{library}/?view=documents")
    admin.fill("#url-value", "ftp://example.org/")
    admin.keyboard.press("Enter")
    expect(admin.locator("#toast")).to_contain_text("http")
    expect(admin.locator("#url-value")).to_have_value("ftp://example.org/")
    admin.fill("#url-value", "http://127.0.0.1:9/")
    admin.keyboard.press("Enter")
    expect(admin.locator("#building.failed")).to_be_visible(timeout=SLOW)
    expect(admin.locator("#documents .entry").first).to_be_visible()


def test_a_job_whose_end_is_not_heard_is_not_shown_as_running(admin: Page, library: str) -> None:
    admin.route("**/jobs/*", lambda route: route.fulfill(content_type="text/event-stream", body=""))
    admin.goto(f"{library}/?view=documents")
    admin.wait_for_selector("#documents .entry")
    admin.click("#rebuild")
    expect(admin.locator("#toast")).to_contain_text("连不上服务器", timeout=SLOW)
    expect(admin.locator("#building")).to_be_hidden()
    headers = {"Authorization": f"Bearer {READING}"}
    while httpx.get(f"{library}/jobs", headers=headers).json()["jobs"][0]["status"] == "running":
        admin.wait_for_timeout(100)


def test_an_evaluation_is_run_watched_and_read(admin: Page, library: str) -> None:
    admin.goto(f"{library}/?view=evaluation")
    questions = (
        '{"id": "a", "question": "什么是氛围编码？", "evidence": ["指的是通过自然语言(English)全权指挥 AI 编写程序"]}\n'
        '{"id": "b", "question": "今天北京天气怎么样？<b>", "evidence": []}\n'
        '{"id": "c", "question": "<img src=x onerror=alert(1)>毛主席哪一年出生？", "evidence": ["AI 的潜力目前仅被挖掘了不到 10%"]}\n'
    )
    bad = {"name": "q.jsonl", "mimeType": "text/plain", "buffer": b"{\n"}
    admin.set_input_files("#questions", bad)
    expect(admin.locator("#toast")).to_contain_text("第 1 行")
    admin.set_input_files("#questions", {**bad, "buffer": questions.encode()})
    admin.wait_for_selector("#evaluating.running")
    finished(admin, "#evaluating")
    expect(admin.locator(".figures div")).to_have_count(4)
    headers = {"Authorization": f"Bearer {READING}"}
    identity = httpx.get(f"{library}/evaluations", headers=headers).json()["evaluations"][0]["id"]
    report = httpx.get(f"{library}/evaluations/{identity}", headers=headers).json()
    shown = [str(words) for words in admin.locator(".figures b").all_text_contents()]
    names = ("recall@3", "recall@1", "answered_share", "false_answer_rate")
    assert shown == [f"{report['metrics'][name]['value']:.3f}" for name in names]
    expect(admin.locator(".missed")).to_contain_text("毛主席")
    admin.locator(".missed dd button").first.click()
    assert lit(admin) == "AI 的潜力目前仅被挖掘了不到 10%"
    with admin.expect_download() as download:
        admin.get_by_role("button", name="下载完整报告").click()
    assert "</html>" in Path(download.value.path()).read_text("utf-8")
    admin.goto(f"{library}/?view=evaluation&report=999")
    expect(admin.locator("#trouble")).to_contain_text("999")
    expect(admin.locator("#evaluations .entry")).not_to_have_count(0)


def test_why_an_evaluation_failed_is_told_to_who_comes_later(admin: Page, library: str) -> None:
    asked = {"id": "a", "question": "什么是氛围编码？", "evidence": ["文中没有的话"]}
    headers = {"Authorization": f"Bearer {ADMINISTERING}"}
    begun = httpx.post(f"{library}/evaluations", json={"questions": [asked]}, headers=headers).json()
    while httpx.get(f"{library}/jobs/{begun['id']}", headers=headers).json()["status"] == "running":
        admin.wait_for_timeout(100)
    admin.goto(f"{library}/?view=evaluation")
    expect(admin.locator("#evaluations .entry").first).to_contain_text("没有这段引文 '文中没有的话'")


def test_an_evaluation_that_ends_leaves_the_address_of_another_view(admin: Page, library: str) -> None:
    admin.goto(f"{library}/?view=evaluation")
    admin.click("#evaluate")
    admin.wait_for_selector("#evaluating.running")
    admin.click("nav a[data-view='documents']")
    admin.wait_for_selector("#evaluating:not(.running)", state="attached", timeout=SLOW)
    admin.wait_for_timeout(300)
    assert admin.url == f"{library}/?view=documents"
