"""Questions to begin with, over HTTP."""

from typing import Literal
from weakref import WeakKeyDictionary

from fastapi import APIRouter

from api.serving import Knowledge
from rag.example import Example
from rag.example import examples as examples_of
from rag.knowledge import KnowledgeBase

router = APIRouter()

_found = WeakKeyDictionary[KnowledgeBase, list[Example]]()
"""Asking for them may take more than a tenth of a second, and every visit of the page wants them."""


@router.get("/examples", operation_id="list_examples", summary="示例问题")
def examples(knowledge: Knowledge) -> dict[Literal["examples"], list[Example]]:
    """List questions that these documents can answer."""
    if knowledge not in _found:
        _found[knowledge] = examples_of(knowledge)
    return {"examples": _found[knowledge]}
