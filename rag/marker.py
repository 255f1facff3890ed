"""Cut what a model writes into sentences, and turn its marks into citation numbers."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from index.document import canonical

LONGEST = 500
"""Characters of a sentence; a longer one is cut there."""

_KEY = r"ref-[0-9a-z]{1,12}"
_NUMBER = r"\^?\d{1,3}(?:[:†][^\]】］〕\n]{0,20})?"
_OPEN, _CLOSE = r"[\[【［〔]+\s{0,2}", r"\s{0,2}[\]】］〕]+"
_AND = r"\s{0,2}[,，、;；–~-]\s{0,2}"
_MARK = re.compile(
    rf"[ \t]?(?:{_OPEN}(?:{_KEY}|{_NUMBER})(?:{_AND}(?:{_KEY}|{_NUMBER})){{0,9}}{_CLOSE}|[(（]?{_KEY}[)）]?)",
    re.IGNORECASE,
)
"""What a reader could take for a citation: keys anywhere, numbers in brackets."""
_KEYS = re.compile(rf"{_KEY}|{_NUMBER}", re.IGNORECASE)
_LINK = re.compile(r"!?\[([^\[\]\n]{0,300})\]\([^()\n]{0,1000}\)")
_ADDRESS = re.compile(r"(?:https?:|www\.)[!-~]+", re.IGNORECASE)

_END = re.compile(
    r"""(?:[。！？…]+|(?<=[\w)"”’）])[!?]+(?![0-9A-Za-z=&/!?])|(?<=[A-Za-z]{2})\.(?=\s))[。！？…!?"'”’」』）)】》]*|\n"""
)
_AROUND = 4  # characters that decide whether one ends a sentence
_MARKS = re.compile(rf"(?:[\s,，、;；]{{0,2}}{_MARK.pattern})*", re.IGNORECASE)
_PERHAPS_MARK = re.compile(
    r"[\s,，、;；]{0,2}(?:[\[【［〔(（][^\]】］〕)）\n]{0,60}|r(?:e(?:f(?:-[0-9a-z]{0,12})?)?)?)",
    re.IGNORECASE,
)
_NUMBERED = re.compile("\0(\\d+)\0")
_THOUGHT, _THOUGHT_END = "<think>", "</think>"


@dataclass(frozen=True)
class Sentence:
    """What a model wrote, with ``[1]`` for each mark that it may make."""

    text: str
    plain: str
    """The text without them."""
    cited: list[int]
    unknown: int
    """Marks and links that stand for no evidence; they were dropped."""


class Reader:
    """Reads sentences from the pieces that a model sends, however they are cut."""

    def __init__(self, keys: Mapping[str, int], quotes: str) -> None:
        """Know the numbers that ``keys`` stand for; only addresses in ``quotes`` may be written."""
        self._keys = keys
        self._quotes = quotes
        self._buffer = ""
        self._searched = 0
        """Before this there is no end of a sentence."""

    def read(self, piece: str) -> Iterator[Sentence]:
        """Yield the sentences that ``piece`` completes."""
        # One character at a time: what comes out cannot depend on how the text came in.
        for character in piece:
            self._buffer += character
            if end := self._complete():
                yield self._take(end)

    def rest(self) -> Iterator[Sentence]:
        """Yield what is left when the model has finished."""
        while not self._thinks() and self._buffer.strip():
            yield self._take(self._marked_end() or len(self._buffer))

    def _thinks(self) -> bool:
        """Drop what a model says to itself before it answers; tell whether it still does."""
        if not self._buffer.lstrip().startswith(_THOUGHT):
            return False
        _, closed, after = self._buffer.partition(_THOUGHT_END)
        if closed:
            self._buffer, self._searched = after, 0
        return not closed

    def _marked_end(self) -> int | None:
        """Return where the first sentence ends, with the marks behind it."""
        begin = len(self._buffer) - len(self._buffer.lstrip())
        end = _END.search(self._buffer, max(begin, self._searched))
        if end is None:
            self._searched = max(0, len(self._buffer) - _AROUND)
            return None
        marks = _MARKS.match(self._buffer, end.end())
        return marks.end() if marks else end.end()

    def _complete(self) -> int | None:
        """Return the end of a sentence to which nothing more can be added."""
        if self._thinks():
            return None
        if end := self._marked_end():
            after = self._buffer[end:]
            return end if after.strip() and not _PERHAPS_MARK.fullmatch(after) else None
        return LONGEST if len(self._buffer) > LONGEST else None

    def _take(self, end: int) -> Sentence:
        raw, self._buffer, self._searched = self._buffer[:end], self._buffer[end:], 0
        return self._clean(canonical(raw))

    def _clean(self, text: str) -> Sentence:
        cited: list[int] = []
        unknown = 0

        def link(match: re.Match[str]) -> str:
            nonlocal unknown
            unknown += 1
            return match[1]

        def address(match: re.Match[str]) -> str:
            nonlocal unknown
            known = match[0] in self._quotes
            unknown += not known
            return match[0] if known else ""

        def mark(match: re.Match[str]) -> str:
            nonlocal unknown
            numbers = [self._keys.get(key.lower()) for key in _KEYS.findall(match[0])]
            known = [number for number in numbers if number is not None]
            unknown += len(numbers) - len(known)
            cited.extend(known)
            return "".join(f"\0{number}\0" for number in known)

        text = _until_stable(_ADDRESS, address, _until_stable(_LINK, link, text))
        text = _until_stable(_MARK, mark, text)
        shown, plain = _NUMBERED.sub(r"[\1]", text), _NUMBERED.sub("", text)
        return Sentence(shown, plain, list(dict.fromkeys(cited)), unknown)


def _until_stable(pattern: re.Pattern[str], replace: Callable[[re.Match[str]], str], text: str) -> str:
    """Replace until nothing matches any more: what is taken out may bring another mark together."""
    while (after := pattern.sub(replace, text)) != text:
        text = after
    return text
