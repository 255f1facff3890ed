"""Tell the encoding of a Chinese text file."""

import codecs
import re

from index.errors import SourceError

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_PLAUSIBLE = re.compile(r"[\t\n\r -~\u3000-\u303f\u4e00-\u9fff\uff00-\uffef“”‘’…—·]")

# The double bytes of punctuation and of the first level: the characters in everyday use. A text
# read in the wrong one of the two encodings turns into second-level characters.
_COMMON = {
    "gb18030": ((0xA1A1, 0xA3FE), (0xB0A1, 0xD7F9)),
    "big5": ((0xA140, 0xA3BF), (0xA440, 0xC67E)),
}
_SURE, _LIKELY = 0.9, 0.5


def _try(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None


def _common_share(raw: bytes, encoding: str) -> float:
    """Return the share of the double bytes that are in everyday use; -1 if it is not ``encoding``."""
    text = _try(raw, encoding)
    if text is None or _CONTROLS.search(text):
        return -1.0
    double = [c.encode(encoding, "replace") for c in text[:100_000] if not c.isascii()]
    codes = [int.from_bytes(pair) for pair in double if len(pair) == 2]
    common = sum(any(low <= code <= high for low, high in _COMMON[encoding]) for code in codes)
    return common / max(len(double), 1)


def _plausible(raw: bytes) -> str | None:
    for encoding in ("utf-16-le", "utf-16-be"):
        text = _try(raw, encoding)
        if text and len(_PLAUSIBLE.findall(text)) >= _SURE * len(text):
            return text
    return None


def decode(raw: bytes) -> str:
    """Decode UTF-8, UTF-16, UTF-32, GB18030 or Big5.

    Raises:
        SourceError: when the bytes are none of these.
    """
    refusal = SourceError("不是 UTF-8、UTF-16、GB18030 或 Big5 编码的文本；请另存为 UTF-8")
    marked = next((encoding for mark, encoding in _MARKS if raw.startswith(mark)), "utf-8")
    text = _try(raw, marked)
    # A stray control character is forgiven; many are UTF-16 without a mark, or no text at all.
    if text is not None and len(_CONTROLS.findall(text)) <= len(text) / 10:
        return text
    if marked != "utf-8":
        raise refusal
    share, encoding = max((_common_share(raw, encoding), encoding) for encoding in ("big5", "gb18030"))
    if share < _SURE and (text := _plausible(raw)):
        return text
    if share < _LIKELY:
        raise refusal
    return raw.decode(encoding)
