"""An endpoint that does nothing: what the server itself costs."""

from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def nothing() -> dict[str, str]:
    """Answer."""
    return {}
