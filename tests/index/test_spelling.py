import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.spelling import Spelling

NAMES = ["氛围编码", "claude code", "nano banana", "测试时计算", "ai", "幽灵"]
KNOWN = {
    "claude",
    "code",
    "nano",
    "banana",
    "编码",
    "氛围",
    "氛围编码",
    "是",
    "什么",
    "测试",
    "计算",
    "在",
    "跑",
}


def mend(text: str, words: list[str]) -> str:
    return Spelling(NAMES).mend(text, words, lambda word, _: word in KNOWN)


@pytest.mark.parametrize(
    ("text", "words", "mended"),
    [
        ("分围编码是什么", ["分", "围", "编码", "是", "什么"], "氛围编码是什么"),
        ("围氛编码", ["围", "氛", "编码"], "氛围编码"),
        ("claud code 在", ["claud", "code", "在"], "claude code 在"),
        ("claudecodes", ["claudecodes"], "claude code"),
        ("nano  banan 是什么", ["nano", "banan", "是", "什么"], "nano banana 是什么"),
        ("测式时计算", ["测", "式", "时", "计算"], "测试时计算"),
    ],
)
def test_a_name_one_slip_away_is_read_as_the_name(text: str, words: list[str], mended: str) -> None:
    assert mend(text, words) == mended


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("氛围编码是什么", ["氛围编码", "是", "什么"]),
        ("分维编码", ["分维", "编码"]),  # two slips
        ("幽令", ["幽令"]),  # too short to tell
        ("编码 在 计算", ["编码", "在", "计算"]),
        ("bb", ["bb"]),
    ],
)
def test_other_words_stay(text: str, words: list[str]) -> None:
    assert mend(text, words) == text


def test_what_the_documents_hold_stays_though_a_name_is_near() -> None:
    assert Spelling(["氛围编码"]).mend("氛围编程", ["氛围", "编程"], lambda *_: True) == "氛围编程"


@given(
    name=st.text("abcdefgh", min_size=5, max_size=9),
    slip=st.sampled_from(["wrong", "lost", "added", "swapped"]),
    data=st.data(),
)
def test_every_single_slip_is_mended(name: str, slip: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(name) - 2))
    wrong = {
        "wrong": name[:at] + "z" + name[at + 1 :],
        "lost": name[:at] + name[at + 1 :],
        "added": name[:at] + "z" + name[at:],
        "swapped": name[:at] + name[at + 1] + name[at] + name[at + 2 :],
    }[slip]
    mended = Spelling([name]).mend(wrong, [wrong], lambda *_: False)
    assert mended == (name if wrong != name else wrong)
