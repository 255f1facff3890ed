import os
import subprocess
import sys
from unittest.mock import patch

import jieba
import pytest
from opencc import OpenCC

from index import segmenter
from index.document import Document
from index.errors import SettingError
from index.fold import fold
from index.segmenter import Segmenter, bigrams


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("什麼是氛圍編碼", "什么是氛围编码"),
        ("ＲＬＶＲ", "rlvr"),
        ("２０２３年", "2023年"),
        ("㎏", "kg"),
        ("Straße", "STRASSE"),
        ("軟體與資訊", "软件与信息"),
        ("衣索比亞的印表機", "埃塞俄比亚的打印机"),
    ],
)
def test_spellings_of_one_thing_fold_alike(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize("text", ["指標", "程序", "区域性", "软体动物"])
def test_words_that_both_sides_have_are_left_alone(text: str) -> None:
    assert fold(text) == OpenCC("t2s").convert(text)


def test_full_width_digits_stay_one_word(segmenter: Segmenter) -> None:
    assert segmenter.words("２０２３年") == ["2023", "年"]


def test_punctuation_is_no_word(segmenter: Segmenter) -> None:
    assert segmenter.words("你好？！，。（）“” …—— \n\t😀") == ["你好"]


def test_bigrams_do_not_cross_punctuation_or_latin() -> None:
    assert bigrams("氛围编码，在a本地") == ["氛围", "围编", "编码", "本地"]
    assert bigrams("𠮷野家") == ["𠮷野", "野家"]


def test_own_words_keep_their_parts() -> None:
    own = Segmenter(["氛围编码 10 n", "測試時計算"])
    assert own.words("氛圍編碼") == ["氛围编码", "氛围", "编码"]
    assert own.cut("测试时计算") == ["测试时计算"]


def test_the_global_tokenizer_is_left_alone() -> None:
    Segmenter(["氛围编码"])
    assert "氛围编码" not in jieba.dt.FREQ


def test_the_dictionary_is_part_of_the_fingerprint(segmenter: Segmenter) -> None:
    assert Segmenter().fingerprint == segmenter.fingerprint
    assert Segmenter(["氛围编码"]).fingerprint != segmenter.fingerprint


def test_words_do_not_depend_on_the_hash_seed() -> None:
    code = (
        "from index.segmenter import Segmenter; print(Segmenter(['氛围编码']).words('什么是氛围编码和RLVR'))"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code],
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1


@pytest.mark.parametrize("line", ["", "  ", "长" * 51])
def test_a_dictionary_line_that_is_no_word(line: str) -> None:
    with pytest.raises(SettingError, match="词典"):
        Segmenter([line])


def test_a_large_dictionary_loads_in_linear_time() -> None:
    lines = [f"词{chr(0x4E00 + n // 1000)}{chr(0x5000 + n % 1000)}" for n in range(40_000)]
    assert len(Segmenter(lines).dictionary) == 40_000


def test_new_words_are_not_guessed_from_one_sentence(segmenter: Segmenter) -> None:
    assert segmenter.cut("他来到了网易杭研大厦")[-3:] == ["杭", "研", "大厦"]


def test_the_words_of_one_segmenter_are_not_anothers() -> None:
    own, other = Segmenter(["氛围编码 100000"]), Segmenter()
    assert own.cut("什么是氛围编码") == ["什么", "是", "氛围编码"]
    assert other.cut("什么是氛围编码") == ["什么", "是", "氛围", "编码"]


def test_a_word_added_later_is_kept_whole() -> None:
    own = Segmenter()
    assert own.cut("什么是氛围编码") == ["什么", "是", "氛围", "编码"]
    own.extend(["氛围编码 100000"])
    assert own.cut("什么是氛围编码") == ["什么", "是", "氛围编码"]


def test_pieces_are_the_folded_text(segmenter: Segmenter) -> None:
    text = "什麼是 Vibe Coding（氛圍編碼）？ ２０２５ 年…"
    assert "".join(segmenter.pieces(text)) == fold(text)


def test_a_word_changes_only_texts_that_hold_it(segmenter: Segmenter, review: Document) -> None:
    heavy = Segmenter(["天外来客 1000000000000"])
    assert heavy.cut("天外来客") == ["天外来客"]
    assert heavy.cut(review.text) == segmenter.cut(review.text)


def test_restored_ones_share_what_they_cut_by_until_one_grows() -> None:
    entries = Segmenter(["氛围编码 9"]).entries
    one, same, other = Segmenter.restore(entries), Segmenter.restore(entries), Segmenter.restore([])
    assert one.cut("氛围编码") == same.cut("氛围编码") == ["氛围编码"]
    assert one._words is same._words
    assert other.cut("氛围编码") == ["氛围", "编码"]
    same.extend(["这一句话 9"])
    assert same.cut("氛围编码，这一句话") == ["氛围编码", "这一句话"]
    assert "这一句话" not in one.cut("氛围编码，这一句话")
    assert "这一句话" not in Segmenter.restore(entries).cut("氛围编码，这一句话")


def test_what_was_cut_by_last_is_there_for_the_next() -> None:
    entries = Segmenter(["氛围编码 9"]).entries
    assert Segmenter.restore(entries).cut("氛围编码") == ["氛围编码"]
    assert Segmenter([]).cut("氛围编码") == ["氛围", "编码"]
    assert Segmenter(["编码 9"]).cut("氛围编码") == ["氛围", "编码"]
    with patch.object(segmenter, "Words", side_effect=AssertionError("loaded again")):
        assert Segmenter.restore(entries).cut("氛围编码") == ["氛围编码"]
