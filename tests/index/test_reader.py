"""Files of other kinds than plain text, made by other programs or by hand."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from index.document import Document
from index.reader import Problem, Raw, read

CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)
PACKAGE = """<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/">
<metadata><dc:title>水浒</dc:title></metadata>
<manifest><item id="b" href="two%20.xhtml" media-type="application/xhtml+xml"/>
<item id="a" href="one.xhtml" media-type="application/xhtml+xml"/>
<item id="s" href="s.css" media-type="text/css"/></manifest>
<spine><itemref idref="a"/><itemref idref="b"/></spine></package>"""
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def packed(files: dict[str, str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return file.getvalue()


def epub(**more: str) -> bytes:
    return packed(
        {
            "META-INF/container.xml": CONTAINER,
            "OEBPS/book.opf": PACKAGE,
            "OEBPS/one.xhtml": "<html><body><h1>第一回</h1><p>张天师祈禳瘟疫。</p></body></html>",
            "OEBPS/two .xhtml": "<html><body><h1>第二回</h1><p>王教头私走延安府。</p></body></html>",
            **more,
        }
    )


def docx(**more: str) -> bytes:
    """A document as Chinese Word writes it: the style of a heading is called 标题 1."""
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
    )
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
    relations = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
    main = relations.format(f'<Relationship Id="r1" Type="{kind}officeDocument" Target="word/document.xml"/>')
    styles = relations.format(f'<Relationship Id="r1" Type="{kind}styles" Target="styles.xml"/>')
    body = (
        '<w:p><w:pPr><w:pStyle w:val="1"/></w:pPr><w:r><w:t>幽灵与动物</w:t></w:r></w:p>'
        "<w:p><w:r><w:rPr><w:b/></w:rPr><w:t>大模型</w:t></w:r><w:r><w:t>是召唤来的幽灵。</w:t></w:r></w:p>"
    )
    return packed(
        {
            "[Content_Types].xml": types,
            "_rels/.rels": main,
            "word/_rels/document.xml.rels": styles,
            "word/document.xml": f'<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>',
            "word/styles.xml": f'<w:styles xmlns:w="{WORD}"><w:style w:type="paragraph" w:styleId="1">'
            '<w:name w:val="标题 1"/></w:style></w:styles>',
            **more,
        }
    )


def pdf(*pages: list[str], title: str = "", large: str = "") -> bytes:
    """Pages of lines, in a Chinese font that is not in the file; those with ``large`` in larger type."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    file = io.BytesIO()
    canvas = Canvas(file)
    canvas.setTitle(title)
    for page in pages:
        for number, line in enumerate(page):
            canvas.setFont("STSong-Light", 16 if large and large in line else 12)
            canvas.drawString(50, 780 - 20 * number, line)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def one(name: str, content: bytes, charset: str = "") -> Document | Problem:
    ((_, item),) = read(Raw(f"/x/{name}", name, Path(name).suffix, content, charset=charset))
    return item


def document(name: str, content: bytes, charset: str = "") -> Document:
    item = one(name, content, charset)
    assert isinstance(item, Document), item
    return item


PAGE = """<html><head><meta charset="{}"><title> 幽灵
 与动物 </title><style>p {{}}</style></head><body><nav><a href="/">首页</a></nav>
<main><h2>召唤</h2><p>大模型是<b>召唤</b>来的<a href="x">幽灵</a>，2*3*4 与 a_b_c。</p><ul><li>其一</li></ul><aside>旁栏</aside>
<script>alert(1)</script></main><footer>版权所有</footer></body></html>"""


@pytest.mark.parametrize(
    ("encoding", "charset"),
    [
        ("utf-8", ""),
        ("gb2312", ""),
        ("gbk", "GBK"),
        ("big5", "big5"),
        ("utf-8", "x-no"),
        ("utf-8", "undefined"),
    ],
)
def test_html(encoding: str, charset: str) -> None:
    text = PAGE.format(encoding)
    text = (
        text.replace("与动物", "與動物").replace("来的", "來的").replace("灵", "靈")
        if encoding == "big5"
        else text
    )
    if encoding == "big5":
        text = "".join(c for c in text if c.isascii() or c in "幽靈與動物召喚大模型是來的首頁其一版權所有，")
    found = document("a.html", text.encode("gbk" if encoding == "gb2312" else encoding), charset)
    assert found.title.startswith("幽")
    assert found.text.startswith("## 召")
    assert "，2*3*4 " in found.text
    assert "a_b_c" in found.text
    assert "- 其一" in found.text
    assert not any(word in found.text for word in ("首", "版", "旁", "alert", "**", "[", "p {"))
    assert [heading.level for heading in found.headings] == [2]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (
            "<form id=aspnetForm><h1>通知</h1><p>放假七天。</p><select><option>一</option></select></form>",
            "# 通知\n\n放假七天。",
        ),
        (
            "<header>某站</header><main><article><header><h1>题</h1></header><p>文。</p></article></main>",
            "# 题\n\n文。",
        ),
        ("<header><nav>首页</nav></header><p>文。</p>", "文。"),
        ("<p>文" * 999, "\n\n".join(["文"] * 999)),
        ("<p>幽灵<![p>住在电脑里。", "幽灵住在电脑里。"),
        (
            "<p>折成几\n   行，北\n京与Vibe\nCoding、café\nété。</p><pre>a\n  b</pre>",
            "折成几行，北京与Vibe Coding、café été。\n\n```\na\n  b\n```",
        ),
        (
            "<table><tr><td><h2>题</h2><p>文。</p><table><tr><th>甲</th></tr><tr><td>乙</td></tr></table></td></tr></table>",
            "## 题\n\n文。\n\n| 甲 |\n| --- |\n| 乙 |",
        ),
        ("<table><tr><th>甲</th></tr><tr><td><p>乙</p></td></tr></table>", "| 甲 |\n| --- |\n| 乙 |"),
    ],
)
def test_pages_as_they_are_found(body: str, text: str) -> None:
    assert document("a.html", f"<body>{body}</body>".encode()).text == text


LONG = "<p>幽灵住在电脑里。</p>"


@pytest.mark.parametrize(
    "hidden",
    [
        "<p hidden>藏</p>",
        "<div style='color: red; DISPLAY : none'><p hidden>藏</p></div>",
        "<i class=icon aria-hidden=true>藏</i>",
        "<template>藏</template><noscript>藏</noscript><dialog>藏</dialog>",
        "<video src=a>藏</video><datalist><option>藏</option></datalist>",
    ],
)
def test_what_a_page_does_not_show_is_not_read(hidden: str) -> None:
    assert document("a.html", f"<body>{hidden}{LONG}".encode()).text == "幽灵住在电脑里。"


@pytest.mark.parametrize(
    "shown",
    [
        "<div style='visibility: hidden'>{}</div>",
        "<div style='display: none'>{}住在电脑里，而不住在别处，永远。</div>",  # most of the page: a script shows it
        "<main hidden>{}</main>",
        "<div aria-hidden=true>{}</div>",
        "<div hidden=until-found>{}</div>",
        "<dialog open>{}</dialog>",
        "<p hidden>{}</p><p hidden>住在电脑里，</p><p hidden>不住在别处。</p>",  # more than half together
        "<p>短。</p><span style='display: none'><math><mi>{}</mi></math></span>",
    ],
)
def test_what_a_page_may_show_is_read(shown: str) -> None:
    assert (
        "幽灵"
        in document("a.html", ("<body>" + shown.format("幽灵") + LONG.replace("幽灵", "电灯")).encode()).text
    )


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("10<sup>3</sup>米", "10^3米"),
        ("10<sup>-3</sup>、(a+b)<sup>2</sup>、<i>x</i><sup>n</sup>", "10^-3、(a+b)^2、x^n"),
        ("10<sup>3 </sup>、α<sup>2</sup>", "10^3、α^2"),
        ("e<sup>x+1</sup>、2<sup>1/2</sup>", "e^(x+1)、2^(1/2)"),
        ("H<sub>2</sub>O、21<sup>st</sup>、Vibe<sup>TM</sup>", "H2O、21st、VibeTM"),
        ("2022<sup><a href=#n>1</a></sup>年", "2022[1]年"),
        ("幽灵<sup>1</sup>、GPT-4<sup><a href=#n>[3]</a></sup>、<sup>2</sup>", "幽灵1、GPT-4[3]、2"),
    ],
)
def test_what_stands_above_the_line_is_no_digit_of_what_is_before(markup: str, text: str) -> None:
    assert document("a.html", f"<p>{markup}".encode()).text == text


@pytest.mark.parametrize("charset", ["undefined", "punycode", "unicode_escape", "utf-7", "hex"])
def test_html_that_names_an_odd_encoding_is_read_all_the_same(charset: str) -> None:
    page = f"<meta charset={charset}><p>free \\ud800 +2AA- rooms.</p>"
    assert "free" in document("a.html", page.encode()).text


def test_html_of_a_hostile_depth() -> None:
    found = one("a.html", ("<div>" * 100_000 + "好的。").encode())
    assert isinstance(found, Problem) or "好的" in found.text


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("a.xhtml", "<?xml version='1.0'?><doc><p>幽灵住在电脑里。</p></doc>", "幽灵住在电脑里。"),
        ("a.html", "https://example.org/", "https://example.org/"),
        (
            "a.html",
            "<!DOCTYPE html><?xml-stylesheet href='a'?><p>幽灵<!-- 不是 -->住在电脑里。",
            "幽灵住在电脑里。",
        ),
    ],
)
def test_what_is_hardly_html_is_read_without_a_warning(name: str, content: str, text: str) -> None:
    assert document(name, content.encode()).text == text


def test_docx() -> None:
    found = document("a.docx", docx())
    assert found.text == "# 幽灵与动物\n\n大模型是召唤来的幽灵。"
    assert [heading.title for heading in found.headings] == ["幽灵与动物"]


@pytest.mark.parametrize("style", ["Title", "标题"])
def test_a_docx_is_called_what_its_title_says(style: str) -> None:
    styled = '<w:p><w:pPr><w:pStyle w:val="{}"/></w:pPr><w:r><w:t>{}</w:t></w:r></w:p>'
    body = styled.format("t", "年度回顾") + styled.format("1", "幽灵与动物")
    names = "".join(
        f'<w:style w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/></w:style>'
        for key, name in (("t", style), ("1", "heading 1"))
    )
    found = document(
        "a.docx",
        docx(
            **{
                "word/document.xml": f'<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>',
                "word/styles.xml": f'<w:styles xmlns:w="{WORD}">{names}</w:styles>',
            }
        ),
    )
    assert found.title == "年度回顾"
    assert [heading.title for heading in found.headings] == ["年度回顾", "幽灵与动物"]


def test_epub_is_read_in_the_order_of_its_spine() -> None:
    found = document("a.epub", epub())
    assert found.title == "水浒"
    assert found.text == "# 第一回\n\n张天师祈禳瘟疫。\n\n# 第二回\n\n王教头私走延安府。"


@pytest.mark.parametrize(
    ("before", "title"),
    [
        ("title: 升级说明\ntags: [甲]", "升级说明"),
        ('author: 王\ntitle: "升级：说明"', "升级：说明"),
        ("tags: [甲]", "甲乙"),
        ("title:\ntags: [甲]", "甲乙"),
    ],
)
def test_markdown_is_called_what_comes_before_it_says(before: str, title: str) -> None:
    assert document("a.md", f"---\n{before}\n---\n\n# 甲乙\n\n文。".encode()).title == title
    assert document("a.md", f"文。\n\n---\n{before}\n---\n".encode()).title == "a"


def test_how_characters_are_pronounced_is_not_read() -> None:
    page = "<p>他<ruby>迷<rp>(</rp><rt>mí</rt><rp>)</rp>路<rt>lù</rt></ruby>了。</p>"
    assert document("a.html", page.encode()).text == "他迷路了。"


@pytest.mark.parametrize(
    ("title", "called"),
    [
        ("untitled", "a"),
        ("(anonymous)", "a"),
        ("Microsoft Word - 放假通知.docx", "放假通知"),
        ("年度.报告", "年度.报告"),
    ],
)
def test_what_a_program_calls_a_pdf_is_no_title(title: str, called: str) -> None:
    assert document("a.pdf", pdf(["放假三天。"], title=title)).title == called


def test_pdf_pages() -> None:
    first = [
        "2025 年是大模型的一年，从召唤幽灵到氛围编码，一行写不下的句子在下一行里",
        "接着写完。",
        "另起一段。",
    ]
    found = document("a.pdf", pdf(first, [], ["第三页上有 vibe coding。"], title="年度回顾"))
    assert found.title == "年度回顾"
    assert "一行写不下的句子在下一行里接着写完。\n另起一段。" in found.text
    assert len(found.pages) == 3
    assert found.page_at(0) == found.page_at(found.text.index("另起")) == 1
    assert found.page_at(found.text.index("第三页")) == 3


BODY = "员工累计工作满一年不满十年的，年休假五天，满十年不满二十年的十天。"


def test_large_type_in_a_pdf_is_a_heading() -> None:
    found = document("a.pdf", pdf(["第一章 休假", BODY, BODY], ["第二章 报销", BODY, BODY], large="章"))
    assert [(heading.level, heading.title) for heading in found.headings] == [
        (1, "第一章 休假"),
        (1, "第二章 报销"),
    ]
    assert found.headings_at(found.text.rindex(BODY)) == ["第二章 报销"]
    assert found.page_at(found.headings[1].start) == 2


def test_where_much_of_a_pdf_is_large_it_is_no_heading() -> None:
    slides = [[f"第 {n} 点：年休假五天", "详见员工手册的第二章与附录。"] for n in range(2)]
    assert document("a.pdf", pdf(*slides, large="点")).headings == ()


def test_headers_and_footers_part_no_sentence() -> None:
    begun = "这一句在这一页的最后一行写起，到了行末还没有写完，要到下一页的第一行"
    pages = [
        ["青禾公司员工手册", *["才写完。"] * (n > 1), BODY, begun, f"第 {n} 页 共 4 页"] for n in range(1, 5)
    ]
    found = document("a.pdf", pdf(*pages))
    assert (found.text.count("青禾公司员工手册"), found.text.count(BODY)) == (1, 4)
    assert "第 1 页" in found.text
    assert "第 2 页" not in found.text
    place = found.text.index(f"{begun}才写完。\n{BODY}")
    assert (found.page_at(place), found.page_at(place + len(begun))) == (2, 3)


def test_a_pdf_whose_title_cannot_be_decoded() -> None:
    content = pdf(["Ghosts live in computers."], title="TTTTTTTT")
    assert b"(TTTTTTTT)" in content
    found = document("a.pdf", content.replace(b"(TTTTTTTT)", b"<FEFFD800>"))
    assert (found.title, found.text) == ("a", "Ghosts live in computers.")


def test_a_word_that_a_pdf_hyphenates_is_one_word() -> None:
    found = document("a.pdf", pdf(["The models of the year are exam-", "ples of what was to come."]))
    assert found.text == "The models of the year are examples of what was to come."


def test_a_pdf_of_images_only() -> None:
    found = one("a.pdf", pdf([], []))
    assert isinstance(found, Problem)
    assert "OCR" in found.reason


BILLION = '<!DOCTYPE a [<!ENTITY b "{}">]><container>&b;</container>'.format("x" * 1000)


@pytest.mark.parametrize(
    ("name", "content", "named"),
    [
        ("a.pdf", b"%PDF-1.7 no", "PDF"),
        ("a.docx", b"PK no zip", "DOCX"),
        ("a.docx", packed({"x": "y"}), "DOCX"),
        ("a.epub", packed({"x": "y"}), "EPUB"),
        ("a.epub", epub(**{"META-INF/container.xml": BILLION}), "EPUB"),
        ("a.epub", epub(**{"OEBPS/book.opf": "<package"}), "EPUB"),
        ("a.epub", epub(**{"META-INF/rights.xml": "<r/>"}), "DRM"),
        ("a.epub", epub(**{"../../etc/passwd": "x"}), "etc/passwd"),
        ("a.docx", docx(**{"/etc/passwd": "x"}), "etc/passwd"),
    ],
)
def test_a_broken_file_is_only_a_problem(name: str, content: bytes, named: str) -> None:
    found = one(name, content)
    assert isinstance(found, Problem)
    assert named in found.reason
    assert ".；" not in found.reason


@pytest.mark.parametrize(("name", "make"), [("a.docx", docx), ("a.epub", epub)])
def test_a_zip_bomb_is_refused(name: str, make, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    bomb = make(**{f"bomb{n}": "0" * 2**20 for n in range(8)})
    assert len(bomb) < 2**17
    monkeypatch.setattr("index.packed.MOST", 2**22)
    found = one(name, bomb)
    assert isinstance(found, Problem)
    assert str(2**22) in found.reason


def test_readers_are_imported_only_where_there_is_something_to_read() -> None:
    code = (
        "import sys, api.cli; print(sorted({'bs4', 'markdownify', 'mammoth', 'pypdfium2', 'httpcore', "
        "'scipy', 'watchfiles'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "[]\n"


def test_what_is_read_from_changes_with_the_bytes_the_facts_and_the_encoding() -> None:
    page = "幽灵".encode("gbk")
    raws = [
        Raw("u", "u", ".html", page),
        Raw("u", "u", ".html", page, charset="gbk"),
        Raw("u", "u", ".html", page, charset="big5"),
        Raw("u", "u", ".html", page, beside=b"{}"),
        Raw("u", "u", ".html", page + b"!"),
    ]
    assert len({raw.hash for raw in raws}) == len(raws)
