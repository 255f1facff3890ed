"""Who may do what: decided here, for every door, by method and path."""

from collections.abc import Mapping, Sequence
from hmac import compare_digest
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

from pydantic import SecretStr
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from api.problem import refusal
from api.settings import AccessSettings

Right = Literal["anyone", "read", "administer"]

_ANYONE = {"/", "/healthz", "/readyz"}
_PAGE = "/page/"
_ASKING = {"/ask", "/citations/verify", "/v1/chat/completions"}
_SAFE = {"GET", "HEAD"}

_NO_KEY = "需要密钥；请在 Authorization 头里写 Bearer 与密钥"
_WRONG_KEY = "密钥不对；请核对 Authorization 或 X-API-Key 头"
_TOO_LITTLE = "这个密钥只能读；管理请用 CHUCHU_ADMIN_KEY 的密钥"
_WRONG_HOST = "这个服务器不叫这个名字；请用它的地址访问，或把名字写进 CHUCHU_HOSTS"
_WRONG_ORIGIN = "请求来自别的网页；请在本服务器的网页上操作，或把那个网页的来源写进 CHUCHU_CORS_ORIGINS"


def right_for(method: str, path: str) -> Right:
    """Return the right that a request needs; one that is not named here needs the most."""
    if method in _SAFE:
        return "anyone" if path in _ANYONE or path.startswith(_PAGE) else "read"
    if path == "/mcp" or (method == "POST" and path in _ASKING):
        return "read"
    return "administer"


class Access:
    """Lets through who holds the key, and where there is none, who sits at this machine.

    Without a key the browser of someone at this machine is the way in for strangers: a page of theirs may
    send requests here, under this server's name or under one of their own that leads here (DNS rebinding).
    """

    def __init__(self, app: ASGIApp, settings: AccessSettings) -> None:
        self.app = app
        self._hosts = {settings.host.lower(), *map(_host_name, settings.hosts)}
        self._origins = set(settings.cors_origins)
        self._keys = _keys(settings)
        self._guarded = any(self._keys.values())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the ASGI specification."""
        refused = self._refuse(scope) if scope["type"] == "http" else None
        await (refused or self.app)(scope, receive, send)

    def _refuse(self, scope: Scope) -> JSONResponse | None:
        right, headers, path = right_for(scope["method"], scope["path"]), Headers(scope=scope), scope["path"]
        if keys := self._keys[right]:
            return self._refuse_key(_key_in(headers), keys, path)
        if right == "anyone" and self._guarded:
            return None
        if not self._knows(headers.get("host", "")):
            return refusal(path, 421, _WRONG_HOST, "urn:chuchu:WrongHost")
        if scope["method"] not in _SAFE and self._is_foreign(headers):
            return refusal(path, 403, _WRONG_ORIGIN, "urn:chuchu:WrongOrigin")
        return None

    def _refuse_key(self, given: bytes, keys: Sequence[bytes], path: str) -> JSONResponse | None:
        if _is_one_of(given, keys):
            return None
        if _is_one_of(given, self._keys["read"]):
            headers = {"WWW-Authenticate": 'Bearer realm="chuchu", error="insufficient_scope"'}
            return refusal(path, 403, _TOO_LITTLE, "urn:chuchu:Forbidden", headers)
        fault = ', error="invalid_token"' if given else ""
        headers = {"WWW-Authenticate": f'Bearer realm="chuchu"{fault}'}
        return refusal(path, 401, _WRONG_KEY if given else _NO_KEY, "urn:chuchu:Unauthorized", headers)

    def _knows(self, host: str) -> bool:
        """Say whether this server goes by that name; an address cannot be made to lead elsewhere."""
        name = _host_name(host)
        return name in self._hosts or name == "localhost" or name.endswith(".localhost") or _is_address(name)

    def _is_foreign(self, headers: Headers) -> bool:
        """Say whether a page of another origin sent the request."""
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        if origin in self._origins:
            return False
        if site is not None:
            return site not in ("same-origin", "none")
        return origin is not None and origin.partition("://")[2] != headers.get("host")


def _keys(settings: AccessSettings) -> Mapping[Right, Sequence[bytes]]:
    read, administer = settings.api_key, settings.admin_key or settings.api_key
    return {
        "anyone": [],
        "read": [_bytes(key) for key in (read, administer) if key] if read else [],
        "administer": [_bytes(administer)] if administer else [],
    }


def _bytes(key: SecretStr) -> bytes:
    return key.get_secret_value().encode()


def _key_in(headers: Headers) -> bytes:
    scheme, _, key = headers.get("authorization", "").partition(" ")
    given = key.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "")
    return given.encode("latin-1")


def _is_one_of(given: bytes, keys: Sequence[bytes]) -> bool:
    return any(compare_digest(given, key) for key in keys)


def _host_name(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
