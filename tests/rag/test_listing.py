from collections.abc import Callable

import pytest

from rag.knowledge import KnowledgeBase
from rag.listing import items_after


@pytest.mark.parametrize(
    ("lines", "goes_on"),
    [
        ("押金：|1. 可以退。|2. 可以扣。|3. 不计息。", 2),
        ("押金：|第一，可以退。|第二，可以扣。|租金按月付。", 1),
        ("押金：|（一）可以退。|1. 三日内退。|（二）可以扣。", 0),
        ("押金：|① 可以退。|② 可以扣。凭发票扣。|③ 不计息。|④ 不得抵租金。", 3),
        ("押金：|1.5 倍退。|2.5 倍罚。", 0),
        ("第一章|第一条 可以退。|第二条 可以扣。", 0),
        ("押金：|可以退。|可以扣。", 0),
    ],
)
def test_items_that_go_on_with_a_list(
    knowledge_of: Callable[[dict[str, str]], KnowledgeBase], lines: str, goes_on: int
) -> None:
    generation = knowledge_of({"说明": lines.replace("|", "\n"), "附件": "4. 另一篇。"}).generation
    first = next(n for n in range(generation.sentences) if generation.document_of(n).id.startswith("说明"))
    assert len(items_after(range(first, first + 2), generation, 3)) == goes_on
