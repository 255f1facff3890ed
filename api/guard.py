"""What stands between a request and the routes, outermost first."""

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from api.access import Access
from api.head import Head
from api.headers import SafeHeaders
from api.journal import Journal
from api.limits import AnswerLimit, BodyLimit, CrowdLimit
from api.metrics import Metrics
from api.settings import Settings


def guard(settings: Settings, metrics: Metrics) -> list[Middleware]:
    """Return the middleware of a server with these settings."""
    return [
        Middleware(SafeHeaders),
        Middleware(Journal, metrics),
        *_cors(settings),
        Middleware(BodyLimit, settings),
        Middleware(Access, settings),
        Middleware(AnswerLimit, settings),
        Middleware(CrowdLimit, settings),
        Middleware(Head),
    ]


def _cors(settings: Settings) -> list[Middleware]:
    if not settings.cors_origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=["ETag", "Location", "Mcp-Session-Id", "Retry-After", "X-Request-ID"],
        )
    ]
