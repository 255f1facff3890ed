"""The page in a real browser: asking, the source beside the answer, languages, screens, readers."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, Route, expect

from api.app import create_app
from api.settings import Settings
from index.pdf import read as read_pdf
from rag.knowledge import rebuild

pytestmark = pytest.mark.browser

Running = Callable[[FastAPI], AbstractContextManager[int]]
REVIEW = "karpathy-2025-review.txt"
QUESTION = "什么是氛围编码？"
TITLE = "这个标题长得一页也放不下" * 30
XSS = "<img src=x onerror=alert(1)><script>alert(1)</script>"


def ask(page: Page, question: str) -> None:
    page.fill("#question", question)
    page.press("#question", "Enter")
    page.wait_for_selector("#answer:not([aria-busy])")


def lit(page: Page) -> str:
    """The lit text; a heading within it is an element of its own."""
    page.wait_for_selector("mark.lit")
    return "".join(page.locator("mark.lit").all_text_contents())


def answer_of(address: str, question: str) -> Any:
    return httpx.post(f"{address}/ask", json={"question": question}).raise_for_status().json()


def in_view(page: Page) -> bool:
    page.wait_for_timeout(100)  # blocks take their height as they are shown
    return bool(
        page.evaluate("""() => { const pane = document.querySelector('#text').getBoundingClientRect();
        const mark = document.querySelector('mark.lit').getBoundingClientRect();
        return mark.top >= pane.top && mark.top < pane.bottom - 20; }""")
    )


def test_the_lit_text_is_the_quote(page: Page, server: str) -> None:
    page.goto(server)
    ask(page, QUESTION)
    citations = answer_of(server, QUESTION)["citations"]
    assert lit(page) == citations[0]["quote"]
    expect(page.locator(".prose p")).to_have_count(len(citations))
    for citation in citations:
        page.click(f".marker[data-number='{citation['number']}']")
        expect(page.locator(f".card[data-number='{citation['number']}']")).to_have_attribute(
            "aria-pressed", "true"
        )
        assert lit(page) == citation["quote"]
        assert in_view(page)
        expect(page.locator("#source-heading")).to_have_text(" › ".join(citation["heading"]))
    expect(page.locator("#strip .tick")).to_have_count(len(citations))


def test_the_answer_streams(page: Page, server: str) -> None:
    page.goto(server)
    with page.expect_response("**/ask") as got:
        ask(page, QUESTION)
    assert got.value.request.headers["accept"] == "text/event-stream"
    assert got.value.headers["content-type"].startswith("text/event-stream")


def test_a_link_opens_the_same_quote(page: Page, browser: Browser, server: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(server)
    ask(page, QUESTION)
    page.locator(".sources .icon").nth(1).click()
    expect(page.locator("#toast")).to_contain_text("已复制")
    quote, _, link = page.evaluate("navigator.clipboard.readText()").split("\n")
    citation = answer_of(server, QUESTION)["citations"][1]
    assert quote == f"“{citation['quote']}”"
    assert link.endswith(f"#char={citation['start']},{citation['end']}")
    page.goto("about:blank")
    page.goto(link)
    assert lit(page) == citation["quote"]
    assert in_view(page)
    expect(page.locator("#source-notice")).to_be_hidden()


def test_a_link_to_a_changed_document_says_so(page: Page, server: str) -> None:
    page.goto(f"{server}/?document={REVIEW}&sha256=000000000000#char=0,6")
    assert lit(page) == "Limboy"
    expect(page.locator("#source-notice")).to_contain_text("改过")
    page.goto(f"{server}/?document={REVIEW}#char=9999990,9999999")
    expect(page.locator("#source-notice")).to_contain_text("超出")
    page.goto(f"{server}/?document=nope")
    expect(page.locator("#trouble")).to_contain_text("没有文档")


def test_a_document_that_changed_since_the_answer_is_not_marked(page: Page, server: str) -> None:
    page.set_viewport_size({"width": 700, "height": 700})  # where no source opens by itself
    page.goto(server)
    ask(page, QUESTION)
    changed = {"ETag": '"' + "0" * 64 + '"'}
    page.route("**/text", lambda route: route.fulfill(body="改过的另一篇。", headers=changed))
    page.locator(".card").first.click()
    expect(page.locator("#status")).to_contain_text("更新")
    expect(page.locator("#source")).to_be_hidden()
    expect(page.locator("#answer")).to_be_visible()


def test_a_source_that_comes_late_is_not_opened_in_another_view(page: Page, server: str) -> None:
    slow: list[Route] = []
    page.route("**/text", lambda route: slow.append(route))
    page.goto(f"{server}/?view=documents&document={REVIEW}")
    page.wait_for_selector("#source[aria-busy]")
    page.click("nav a[data-view='evaluation']")
    with page.expect_response("**/text"):
        slow[0].continue_()
    page.wait_for_timeout(300)
    expect(page.locator("#source")).to_be_hidden()
    assert page.url == f"{server}/?view=evaluation"


def test_steps_and_the_strip_lead_from_quote_to_quote(page: Page, server: str) -> None:
    page.goto(server)
    ask(page, QUESTION)
    quotes = {citation["start"]: citation["quote"] for citation in answer_of(server, QUESTION)["citations"]}
    in_order = [quotes[start] for start in sorted(quotes)]
    lit(page)
    for _ in quotes:
        page.click("#source-next")
        at = int(str(page.text_content("#source-at")).split(" / ")[0])
        assert lit(page) == in_order[at - 1]
        assert in_view(page)
    box = page.locator("#strip .tick").first.bounding_box()
    assert box
    page.mouse.click(box["x"] + 3, box["y"] + box["height"] / 2)
    assert lit(page) == in_order[0]
    page.keyboard.press("Escape")


def open_quote(place: int, page: Page, server: str) -> dict[str, Any]:
    """Ask, and open one of the quotes; return its citation."""
    page.goto(server)
    ask(page, QUESTION)
    lit(page)
    citation: dict[str, Any] = answer_of(server, QUESTION)["citations"][place]
    page.click(f".marker[data-number='{citation['number']}']")
    return citation


def test_going_back_to_an_answer_shows_its_quotes_again(page: Page, server: str) -> None:
    citation = open_quote(1, page, server)
    at = str(page.text_content("#source-at"))
    page.click("nav a[data-view='documents']")
    expect(page.locator("#source")).to_be_hidden()
    page.go_back()
    assert lit(page) == citation["quote"]
    expect(page.locator(f".card[data-number='{citation['number']}']")).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(page.locator("#source-at")).to_have_text(at)


def test_a_page_that_is_loaded_again_shows_the_place_of_its_address(page: Page, server: str) -> None:
    citation = open_quote(2, page, server)
    address = page.url
    page.reload()
    expect(page.locator(f".card[data-number='{citation['number']}']")).to_have_attribute(
        "aria-pressed", "true"
    )
    assert lit(page) == citation["quote"]
    assert page.url == address
    ask(page, "RLVR 是什么？")
    expect(page.locator(".card").first).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("end", ["", 'event: text\ndata: {"text": "半"}\n\n'])
def test_an_answer_that_breaks_off_is_said_to(page: Page, server: str, end: str) -> None:
    begun = 'event: evidence\ndata: {"status": "answered", "confidence": 0.9, "citations": []}\n\n'
    page.route("**/ask", lambda route: route.fulfill(content_type="text/event-stream", body=begun + end))
    page.goto(f"{server}/?q={QUESTION}")
    expect(page.locator("#status")).to_contain_text("连不上服务器")
    expect(page.locator("#answer")).to_be_hidden()
    expect(page.locator("[aria-busy]")).to_have_count(0)


def test_an_abstention_is_said_and_shows_what_is_nearest(page: Page, server: str) -> None:
    page.goto(server)
    question = "今天北京天气怎么样？"
    ask(page, question)
    expect(page.locator("#status")).to_contain_text("文中没有")
    answer = answer_of(server, question)
    assert page.locator(".card q").all_text_contents() == [
        one["quote"].strip() for one in answer["citations"]
    ]
    expect(page.locator(".prose")).to_have_count(0)


def test_an_error_is_shown(page: Page, server: str) -> None:
    page.goto(server)
    page.fill("#question", "？？？")
    page.press("#question", "Enter")
    expect(page.locator("#status")).to_contain_text("没有文字")


def test_examples_and_history(page: Page, server: str) -> None:
    page.goto(server)
    first = page.locator("#examples .question").first
    question = str(first.locator("span").text_content())
    before = page.locator("#examples .question").all_text_contents()
    page.click("#more")
    assert page.locator("#examples .question").all_text_contents() != before
    expect(page.locator("#question")).to_have_attribute("placeholder", first.locator("span").inner_text())
    page.reload()
    first.click()
    assert lit(page) == answer_of(server, question)["citations"][0]["quote"]
    page.go_back()
    expect(page.locator("#history .question")).to_have_text([question])
    expect(page.locator("#answer")).to_be_hidden()
    page.reload()
    expect(page.locator("#history .question")).to_have_text([question])
    page.click("#forget")
    expect(page.locator("#history")).to_be_hidden()
    page.reload()
    page.wait_for_selector("#examples .question")
    expect(page.locator("#history")).to_be_hidden()


def test_the_language_switches_and_is_kept(page: Page, server: str) -> None:
    page.goto(server)
    ask(page, QUESTION)
    page.click("#language")
    expect(page.locator("#status")).to_contain_text("Confidence")
    expect(page.locator("nav a")).to_have_text(["Ask", "Documents", "Concepts", "Evaluation"])
    assert page.get_attribute("html", "lang") == "en"
    for view in ("documents", "map", "evaluation"):
        page.goto(f"{server}/?view={view}")
        page.wait_for_selector(f"#view-{view}:not([hidden])")
        shown = page.locator(
            f"#view-{view} > h1, #view-{view} > .lead, #view-{view} button"
        ).all_text_contents()
        assert not [words for words in shown if any("\u4e00" <= character <= "\u9fff" for character in words)]


def test_light_and_dark(page: Page, server: str) -> None:
    def brightness() -> int:
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(map(int, colour.removeprefix("rgb(").removesuffix(")").split(",")))

    page.emulate_media(color_scheme="dark")
    page.goto(server)
    assert brightness() < 150
    page.click("#theme")  # light, whatever the system has
    assert brightness() > 600
    page.reload()
    assert brightness() > 600
    page.emulate_media(color_scheme="light")
    page.click("#theme")
    assert brightness() < 150


@pytest.mark.parametrize("view", ["ask", "documents", "map", "evaluation"])
def test_a_phone_needs_no_sideways_scrolling(page: Page, server: str, view: str) -> None:
    page.set_viewport_size({"width": 360, "height": 700})
    page.goto(f"{server}/?view={view}")
    if view == "ask":
        ask(page, "RLVR 是什么？")
        expect(page.locator("#source")).to_be_hidden()
        page.locator(".card").first.click()
        lit(page)
        assert page.evaluate("document.querySelector('#source').scrollWidth <= innerWidth")
        assert in_view(page)
        page.click("#source-close")
        expect(page.locator(".card").first).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.set_viewport_size({"width": 320, "height": 600})
    page.click("#language")  # whose words are longer
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_keyboard_suffices(page: Page, server: str) -> None:
    page.goto(server)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    ask(page, QUESTION)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.locator(".marker").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("mark.lit").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#source")).to_be_hidden()
    expect(page.locator(".marker").first).to_be_focused()


def test_what_a_source_covers_on_a_phone_is_not_reached(page: Page, server: str) -> None:
    page.set_viewport_size({"width": 360, "height": 700})
    page.goto(server)
    ask(page, QUESTION)
    page.locator(".card").first.click()
    lit(page)
    for _ in range(10):
        page.keyboard.press("Tab")
        within = "document.querySelector('#source').contains(document.activeElement)"
        assert page.evaluate(f"document.activeElement === document.body || {within}")
    page.click("#source-close")
    page.locator(".skip").focus()
    expect(page.locator(".skip")).to_be_focused()


def test_the_concept_map_leads_into_the_text(page: Page, server: str) -> None:
    page.goto(f"{server}/?view=map")
    terms = httpx.get(f"{server}/terms", params={"document": REVIEW}).json()["terms"]
    expect(page.locator("#map .term")).to_have_count(len(terms))
    page.locator("#map .term[tabindex='0']").focus()
    page.keyboard.press("ArrowDown")
    chosen = page.locator("#map .term:focus")
    term = terms[int(str(chosen.get_attribute("data-index")))]
    page.keyboard.press("Enter")
    assert lit(page).casefold() in {name.casefold() for name in (term["name"], *term["others"])}
    expect(page.locator("#strip .tick")).to_have_count(term["count"])
    expect(page.locator("#term h2")).to_have_text(term["name"])
    expect(page.locator("#term li")).to_have_count(term["count"])
    page.locator("#term li button").last.click()
    start, end = term["places"][-1]
    assert page.url.endswith(f"#char={start},{end}")
    boxes = [one.bounding_box() for one in page.locator("#map .term").all()]
    for number, one in enumerate(boxes):
        for other in boxes[:number]:
            assert one
            assert other
            apart = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
            assert apart or one["y"] + one["height"] <= other["y"] or other["y"] + other["height"] <= one["y"]


def test_the_concept_map_follows_its_document(page: Page, tmp_path: Path, running: Running) -> None:
    source, data = tmp_path / "果.md", tmp_path / "data"
    source.write_text("苹果(Apple)是水果。苹果(Apple)很甜。", "utf-8")
    rebuild(data, [source])
    with running(create_app(Settings(data=data))) as port:
        address = f"http://127.0.0.1:{port}"
        page.goto(f"{address}/?view=map")
        expect(page.locator("#map")).to_contain_text("Apple")
        source.write_text("前面添了一句。梨子(Pear)是水果。梨子(Pear)很甜。", "utf-8")
        rebuild(data, [source])
        while httpx.get(f"{address}/index").json()["generation"] == 1:
            page.wait_for_timeout(50)
        page.click("nav a[data-view='documents']")
        page.click("nav a[data-view='map']")
        expect(page.locator("#map")).to_contain_text("Pear")


def test_that_an_earlier_generation_answers_is_said(page: Page, own_data: Path, running: Running) -> None:
    rebuild(own_data)
    (own_data / "generations" / "2" / "vectors.npy").unlink()
    with running(create_app(Settings(data=own_data))) as port:
        page.goto(f"http://127.0.0.1:{port}/?view=documents")
        expect(page.locator("#documents-warning")).to_contain_text("暂以第 1 代索引作答")


def test_a_concept_of_a_document_that_is_gone_is_told_of(page: Page, server: str) -> None:
    page.goto(f"{server}/?view=map")
    page.wait_for_selector("#map .term")
    gone = '{"type": "about:blank", "title": "Not Found", "status": 404, "detail": "没有文档了"}'
    page.route("**/text", lambda route: route.fulfill(status=404, body=gone))
    page.locator("#map .term").first.click()
    expect(page.locator("#toast")).to_have_text("没有文档了")


def test_the_concept_map_is_of_the_document_chosen_last(page: Page, tmp_path: Path, running: Running) -> None:
    for name, english in (("a.md", "Apple"), ("b.md", "Pear")):
        (tmp_path / name).write_text(f"水果({english})很甜。水果({english})是树上结的。", "utf-8")
    rebuild(tmp_path / "data", [tmp_path])
    slow: list[Route] = []
    with running(create_app(Settings(data=tmp_path / "data"))) as port:
        page.goto(f"http://127.0.0.1:{port}/?view=map")
        expect(page.locator("#map")).to_contain_text("Apple")
        page.route("**/terms?**", lambda route: slow.append(route))
        with page.expect_request("**/terms?**"):
            page.select_option("#map-document", "b.md")
        page.select_option("#map-document", "a.md")
        page.wait_for_timeout(200)
        with page.expect_response("**/terms?**"):
            slow[0].continue_()
        page.wait_for_timeout(200)
        expect(page.locator("#map")).to_contain_text("Apple")


def test_a_label_beside_a_long_choice_stays_on_one_line(page: Page, library: str) -> None:
    page.set_viewport_size({"width": 360, "height": 700})
    page.goto(f"{library}/?view=map")
    expect(page.locator("#map-choice option")).to_have_count(4)
    assert page.evaluate("document.querySelector('#map-choice span').offsetHeight") < 40
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def serious(page: Page, rules: list[str] | None = None) -> list[tuple[str, Any]]:
    page.wait_for_load_state("networkidle")
    options = {"resultTypes": ["violations"], **({"runOnly": rules} if rules else {})}
    found = Axe().run(page, options=options).response["violations"]
    return [
        (one["id"], [node["target"] for node in one["nodes"]])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


ADDRESSES = [
    "/",
    f"/?q={QUESTION}",
    "/?q=今天北京天气怎么样？",
    "/?view=map",
    "/?view=documents",
    "/?view=evaluation",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_axe_finds_nothing_serious(page: Page, server: str, address: str) -> None:
    page.goto(server + address)
    assert serious(page) == []
    page.emulate_media(color_scheme="dark")
    assert serious(page, ["color-contrast"]) == []


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, running: Running) -> Iterator[str]:
    """The address of a server with documents that try everything a page can stumble over."""
    folder = tmp_path_factory.mktemp("library")
    hostile = f"😀𠮷野家{XSS}是一家店。它賣牛丼<b>飯</b>。\n😀另一段與此無關。"
    long = "".join(
        f"第{n}段：这里说的是第{n}件事，与别的段落都不相同，也没有𠮷字。\n\n" for n in range(6_000)
    )
    long = long[:50_000] + "\n龙船花的花期是五月到七月😀。\n\n" + long[50_000:]
    records = [
        {"_id": "甲 a?#/<b>.txt", "title": XSS, "text": hostile},
        {"_id": "long.txt", "title": "长文", "text": long},
        {
            "_id": "trad.md",
            "title": "繁體",
            "text": "# 臺灣的鐵路\n\n臺灣高速鐵路於二〇〇七年通車，連接臺北與高雄。\n",
        },
        {"_id": "title.md", "title": TITLE, "text": f"# {TITLE}\n\n鲸鱼座变星的周期约为三百三十二天。\n"},
    ]
    (folder / "c.jsonl").write_text("\n".join(map(json.dumps, records)), "utf-8")
    rebuild(folder / "data", [folder / "c.jsonl"])
    with running(create_app(Settings(data=folder / "data"))) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("question", ["𠮷野家卖什么？", "台湾高铁哪年通车？", "龙船花的花期是几月？"])
def test_astral_and_traditional_characters_are_lit_exactly(page: Page, library: str, question: str) -> None:
    page.goto(library)
    ask(page, question)
    citation = answer_of(library, question)["citations"][0]
    assert lit(page) == citation["quote"]
    assert in_view(page)
    text = httpx.get(library + citation["url"]).text
    assert page.text_content("#text") == text


def test_a_long_document_is_laid_out_only_where_it_is_shown(page: Page, library: str) -> None:
    page.goto(f"{library}/?document=long.txt#char=1000,1010")
    lit(page)
    guessed = page.evaluate("""() => [...document.querySelectorAll('.block')].map(block =>
        block.offsetHeight === parseFloat(block.style.containIntrinsicSize.split(' ').at(-1)))""")
    assert len(guessed) > 40
    assert 0 < guessed.count(False) < 12
    box = page.locator("#strip").bounding_box()
    assert box
    page.mouse.click(box["x"] + 5, box["y"] + box["height"] * 0.75)
    page.wait_for_timeout(200)
    top = page.evaluate("parseFloat(document.querySelector('#strip .window').style.top)")
    assert abs(top - 75) < 2


def test_markup_in_documents_titles_names_and_questions_is_inert(page: Page, library: str) -> None:
    page.on("dialog", lambda dialog: pytest.fail("markup ran"))
    page.goto(library)
    ask(page, f"𠮷野家{XSS}卖什么？")
    lit(page)
    assert XSS in str(page.text_content("#source-title"))
    page.go_back()
    page.wait_for_selector("#history .question")
    for view in ("documents", "map"):
        page.goto(f"{library}/?view={view}")
        page.wait_for_load_state("networkidle")
    page.goto(f"{library}/?document={XSS}&q={XSS}")
    page.wait_for_load_state("networkidle")
    expect(page.locator("main img, aside img, main script, aside script, #text b")).to_have_count(0)


def test_a_long_title_is_cut_short_and_said_once(page: Page, library: str) -> None:
    page.goto(library)
    ask(page, "鲸鱼座变星的周期")
    lit(page)
    expect(page.locator(".card .title")).to_have_text(TITLE)
    expect(page.locator("#source-heading")).to_have_text("")
    for part in (".card", "#source .head"):
        box = page.locator(part).first.bounding_box()
        assert box
        assert box["height"] < 150


def test_a_tab_is_called_after_its_question(page: Page, server: str) -> None:
    page.goto(server)
    expect(page).to_have_title("出处 chuchu")
    ask(page, QUESTION)
    expect(page).to_have_title(f"{QUESTION} · 出处 chuchu")
    page.click("#language")
    expect(page).to_have_title(f"{QUESTION} · chuchu 出处")
    page.go_back()
    expect(page).to_have_title("chuchu 出处")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_answer_is_printed_and_not_the_source_beside_it(page: Page, server: str, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(server)
    ask(page, QUESTION)
    lit(page)
    text = "".join(read_pdf(page.pdf()).text.split())
    for citation in answer_of(server, QUESTION)["citations"]:
        assert "".join(citation["quote"].split()) in text
    assert QUESTION in text
    assert "LLM GUI 与 Nano Banana".replace(" ", "") not in text
    page.emulate_media(media="print", color_scheme=scheme)
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(33, 28, 21)"
