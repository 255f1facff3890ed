"""What a question asks for, and what a sentence looks like."""

import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from index.fold import fold
from index.generation import Generation
from index.passage import LEADING


def _compiled(patterns: Mapping[str, str]) -> dict[str, re.Pattern[str]]:
    return {name: re.compile(pattern, re.IGNORECASE) for name, pattern in patterns.items()}


ASKED = _compiled(
    {
        "asks_when": r"何时|什么时候|哪一?年|哪一?天|几月|几号|年份|日期|时间|多久|when\b|year\b|date\b",
        "asks_number": r"多少|几[个种次位名项年天人条]|多[大长高远重久]|how (?:many|much|long|old|far)",
        "asks_who": r"谁|哪位|何人|什么人|人物|who\b|whom\b|whose\b",
        "asks_where": r"哪里|哪儿|何处|什么地方|位于|地点|哪一?个?[国省市县区州]|where\b",
        "asks_why": r"为什么|为何|原因|因为什么|缘故|why\b",
        "asks_how": r"如何|怎么|怎样|方法|步骤|how\b",
        "asks_what": r"什么是|是什么|指什么|是指|定义|含义|意思|what (?:is|are|does)",
        "asks_definition": r"^(?:什么是|何谓|何为|what (?:is|are) )[^的和与、，,]{1,20}$"
        r"|^[^的和与、，,]{1,20}(?:是什么(?:意思|东西)?|是?指(?:的是)?什么|的(?:定义|含义)(?:是什么)?)[?？]?$",
        "asks_several": r"哪些|哪几|分别|各自|以及|列举|特点|优缺点|区别|比较|which\b",
    }
)
"""What a question, folded, asks for, by how it asks."""
SHAPED = _compiled(
    {
        "has_date": r"\d{1,4}\s*年|\d{1,2}\s*月|世纪|年代|\d{4}-\d{2}",
        "has_number": r"\d|[一二三四五六七八九十百千万亿]+[个种次位名项年天人条元米%]",
        "has_cause": r"因为|因此|由于|所以|因而|导致|使得|为了|以便|原因|从而|because|due to",
        "has_definition": r"是一[个种类款套项]|是指|指的是|[，,、(]即(?![使将便刻时可])|即[是为指]|称[为作]"
        r"|叫做|是[^，,。]{2,30}的|就是|means|refers",
        "has_list": r"、[^、。]{1,30}、|[；;]|首先|其次|第一|包括|分别|[①②③]",
        "has_place": r"位于|地处|在[^，,。]{1,10}[省市县区国州镇村]",
        "has_quote": r"[“「『《]",
        "ends_open": r"[：:]$",
        "is_question": r"[？?]$",
    }
)
"""What a sentence, folded, looks like."""

LEANS = re.compile(
    r"[“‘「『\"'*_(（]*(?:这|那|它|他|她|其(?!他|余|它|实|次|中一)|此(?!外|时|后|前)|该|前者|后者|即|也就是|指的是|换句話|换句话"
    r"|[答A][：:]|這|他們|她們|牠|該|後者|(?:it|this|that|they|these|those|he|she)\b)",
    re.IGNORECASE,
)
"""How a sentence begins that says little without the one before it."""

_STAMP = r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日? *\d{1,2}:\d{2}(?::\d{2})?"
LEADS = re.compile(rf"(?:{LEADING}|^(?:{_STAMP}.{{0,16}}|.{{0,16}}{_STAMP}|[\d:.,]+ --> [\d:.,]+))\n?$")
"""A line that says little without the next: the lead-in of a list, a question before its answer, or who said
when what follows."""


LOOKS = ("opens_paragraph", "after_short_line", "is_heading", "leans", *SHAPED)
"""What `Looks` tells of a sentence."""


class Looks:
    """What the sentences of a generation look like, each looked at when it is first asked for."""

    def __init__(self, generation: Generation) -> None:
        """Know nothing yet."""
        self._generation = generation
        # The last is of no sentence. Zeros take no memory before they are written to.
        self._table = np.zeros((generation.sentences + 1, len(LOOKS)), np.bool_)
        self._known = np.zeros(generation.sentences + 1, np.bool_)
        self._known[-1] = True

    def of(self, sentences: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return `LOOKS` of some sentences, all false for sentence -1, (sentences, looks)."""
        for number in sentences[~self._known[sentences]].tolist():
            self._table[number] = self._look_at(number)
            self._known[number] = True
        return self._table[sentences]

    def _look_at(self, number: int) -> list[bool]:
        document, span = self._generation.document_of(number), self._generation.sentence(number)
        text = document.text[span.start : span.end]
        line = document.text.rfind("\n", 0, span.start) + 1
        folded = fold(text)
        above = document.text[
            max(0, document.text.rfind("\n", 0, max(line - 1, 0))) : max(line - 1, 0)
        ].strip()
        return [
            not document.text[line : span.start].strip(),
            0 < len(above) <= 30 and above[-1] not in "。！？；…!?;，,",
            span.start in document.heading_starts,
            LEANS.match(text) is not None,
            *(shape.search(folded) is not None for shape in SHAPED.values()),
        ]
