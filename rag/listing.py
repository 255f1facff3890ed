"""Lists: which sentences go on with one."""

import re

from index.generation import Generation

_HAN, _CIRCLED = "[一二三四五六七八九十]{1,3}", "[①-⑳]"
_NUMBER = rf"(?:\d{{1,2}}|{_HAN}|[A-Za-z])"
_ITEM = re.compile(
    rf"\s*(?:[-*+•●·◆■](?=\s)|[(（]?{_NUMBER}[)）]|{_NUMBER}(?:[、．:：]|\.(?!\d))|{_CIRCLED}"
    rf"|(?:步骤|第)(?:\d{{1,2}}|{_HAN})(?![条條章节節编編篇卷部]))"
)
"""How the line of an item begins; 第三条 is of a law, and each says its own."""
_KINDS = {"0": re.compile(r"\d+"), "一": re.compile(_HAN), "①": re.compile(_CIRCLED)}


def items_after(run: range, generation: Generation, most: int) -> range:
    """Return the sentences after a run, ``most`` at most, that go on with the list at its end."""
    document = generation.document_of(run.start)
    lines = (_opened(number, generation) for number in reversed(run))
    kind = _kind(next(filter(None, lines), ""))
    stop = run.stop
    while kind and stop < min(run.stop + most, generation.sentences):
        line = _opened(stop, generation)
        ends = line and _kind(line) != kind
        if ends or generation.document_of(stop).id != document.id:
            break
        stop += 1
    return range(run.stop, stop)


def _opened(number: int, generation: Generation) -> str:
    """Return the line that a sentence opens, up to the sentence's end; empty where it opens none."""
    text, span = generation.document_of(number).text, generation.sentence(number)
    line = text.rfind("\n", 0, span.start) + 1
    return "" if text[line : span.start].strip() else text[line : span.end]


def _kind(line: str) -> str:
    """Return what marks the line of an item, whichever number it has: （一） of （三）; else nothing."""
    found = _ITEM.match(line)
    mark = found[0].strip() if found else ""
    for kind, numbers in _KINDS.items():
        mark = numbers.sub(kind, mark)
    return mark
