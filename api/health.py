"""Whether the server lives, and whether it can answer."""

from fastapi import APIRouter

from api.serving import Knowledge, Service

router = APIRouter()


@router.get("/healthz", operation_id="health", summary="进程是否活着")
async def health() -> dict[str, str]:
    """Answer at all."""
    return {"status": "ok"}


@router.get("/readyz", operation_id="ready", summary="能否回答问题")
def ready(serving: Service, knowledge: Knowledge) -> dict[str, str | int]:
    """Answer when questions can be answered too."""
    serving.require()
    warning = {"warning": serving.warning} if serving.warning else {}
    return {"status": "ready", "generation": knowledge.generation.number, **warning}
