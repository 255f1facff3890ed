"""Questions to begin with, over HTTP."""

from typing import Literal

from fastapi import APIRouter

from api.serving import Knowledge
from rag.example import Example
from rag.example import examples as examples_of

router = APIRouter()


@router.get("/examples", operation_id="list_examples", summary="示例问题")
def examples(knowledge: Knowledge) -> dict[Literal["examples"], list[Example]]:
    """List questions that these documents can answer."""
    return {"examples": examples_of(knowledge)}
