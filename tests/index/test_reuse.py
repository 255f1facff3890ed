import ast
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from index import manifest as manifests
from index import reuse
from index.build import build
from index.service import current, generations
from index.static import StaticEmbedder

EMBEDDER = StaticEmbedder()

# Each of these names a term somewhere, and is cut in another way once the term is known.
PIECES = [
    "模型学会了氛围编码(Vibe Coding)。",
    "氛围编码让人人都能写程序。",
    "“智能体”正在改变软件。",
    "智能体系统由许多智能体组成，智能體也一样。",
    "“智能体系统”是新词。",
    "GPT-4 与 xgpt-45 不同，ＧＰＴ－４ 却相同。",
    "他喜欢 vibe-coding 和 node.js.",
    "用 node.js 写的 c++ 程序",
    "可验证奖励强化学习(RLVR)很有用。",
    "奖励强化了学习，可验证。",
    "# 关于智能体系统与 GPT-4\n",
    "## 氛围编码\n",
    "\n",
    "一、可验证奖励\n\n",
    "“奖励强化”是词吗？",
    "普通的一句话，没有术语。",
]
TEXTS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join)
NAMES = st.sampled_from(["甲.md", "乙.txt", "智能体系统.txt", "下/丙.md", "下/GPT-4.txt"])
DICTIONARIES = st.sampled_from([[], ["智能体系 9"], ["编码让 5000", "GPT-4"]])
STEPS = st.one_of(
    st.tuples(st.just("write"), NAMES, TEXTS),
    st.tuples(st.just("delete"), NAMES, st.none()),
    st.tuples(st.just("rename"), NAMES, NAMES),
    st.tuples(st.just("words"), DICTIONARIES, st.none()),
)


def take(step: tuple[str, str, str], folder: Path) -> None:
    kind, name, value = step
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "write":
        path.write_text(value, "utf-8")
    elif kind == "delete":
        path.unlink(missing_ok=True)
    elif path.exists():
        (folder / value).parent.mkdir(parents=True, exist_ok=True)
        path.rename(folder / value)


Scratch = Callable[[], AbstractContextManager[str]]


@contextmanager
def folders(scratch: Scratch) -> Iterator[tuple[Path, Path, Path]]:
    with scratch() as home:
        source = Path(home, "source")
        source.mkdir()
        (source / "always.md").write_text(
            "智能体系统使用 GPT-4 与可验证奖励强化学习。氛围编码让人人高兴。", "utf-8"
        )
        yield source, Path(home, "again"), Path(home, "afresh")


def files_of(data: Path) -> dict[str, object]:
    return dict(manifests.peek(generations(data) / str(current(data))).files)


def modules_of(module: str) -> set[str]:
    """Return the modules of this floor that one imports, wherever in it."""
    tree = ast.parse((Path(reuse.__file__).parent / f"{module}.py").read_text("utf-8"))
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    inside = [node.module.split(".")[1] for node in froms if (node.module or "").startswith("index.")]
    return {*inside, *(one.name for node in froms if node.module == "index" for one in node.names)}


def test_the_program_is_named_by_all_that_reads() -> None:
    read = {"source", "web"}
    while more := set().union(*map(modules_of, read)) - read - {"errors", "documents"}:
        read |= more
    assert read <= set(reuse._MAKERS)


WRAPPED = "普通的一句话，" * 5 + "没有术语，只有智能体\n系统。"
HEADED = "# 关于智能体系统与 GPT-4\n普通的一句话，没有术语。"


@example([[("write", "甲.md", HEADED)], [("write", "乙.txt", "“智能体系统”是新词。")]])
@example([[("write", "甲.md", WRAPPED)], [("write", "乙.txt", "“智能体系统”是新词。")]])
@example([[("write", "智能体系统.txt", HEADED)], [("rename", "智能体系统.txt", "乙.txt")]])
@example([[("write", "甲.md", "用ｎｏｄｅ．ｊｓ写的程序。")], [("write", "乙.txt", "他喜欢 node.js.")]])
@settings(max_examples=7)
@given(steps=st.lists(st.lists(STEPS, min_size=1, max_size=3), min_size=1, max_size=4))
def test_what_is_built_again_is_what_is_built_afresh(
    scratch: Scratch, steps: list[list[tuple[str, str, str]]]
) -> None:
    words: list[str] = []
    with folders(scratch) as (source, again, afresh):
        build([source], again, EMBEDDER)
        for some in steps:
            for step in some:
                if step[0] == "words":
                    words = list(step[1])
                else:
                    take(step, source)
            build([source], again, EMBEDDER, dictionary=words, drop_missing=True)
            build([source], afresh, EMBEDDER, dictionary=words, drop_missing=True, full=True)
            assert files_of(again) == files_of(afresh)
