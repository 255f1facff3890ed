"""Starting the HTTP server: where it listens, who may reach it, and how it speaks HTTP."""

import asyncio
import socket
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api import log
from api.problem import problem
from api.settings import Settings
from index.errors import SettingError

_HEAD_SECONDS = 30
"""Within which the head of a request must arrive."""
_HEAD_BYTES = 2**14
"""Of the head of a request, at most."""
_SHUTDOWN_SECONDS = 5
"""Which streams get to end when the server stops."""


class PatientProtocol(HttpToolsProtocol):
    """HTTP/1.1 that gives up on a client which says nothing, and answers nonsense in our own shape."""

    _timer: asyncio.TimerHandle | None = None
    _head: int | None = 0
    """Bytes of a head that is not complete yet; None within a body."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See `asyncio.Protocol`."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        super().connection_lost(exc)
        if self._timer:
            self._timer.cancel()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        self._wait()

    def _wait(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = self.loop.call_later(_HEAD_SECONDS, self._give_up)

    def _give_up(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        if self._head is not None:
            self._head += len(data)
        super().data_received(data)
        if (self._head or 0) > _HEAD_BYTES:
            self.send_400_response("")

    def on_headers_complete(self) -> None:
        """Refuse what the parser lets pass.

        Raises:
            ValueError: the head is too large, or names no host, or several.

        """
        self._head = None
        hosts = [value for name, value in self.headers if name == b"host"]
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > _HEAD_BYTES or len(hosts) > 1 or (not hosts and self.parser.get_http_version() != "1.0"):
            raise ValueError
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Expect the next head."""
        self._head = 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP; ``msg`` says nothing that helps."""
        self._head = None
        busy = self.cycle is not None and not self.cycle.response_complete
        if busy:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if not (busy and self.cycle.response_started):
            response = problem(400, "收到的不是正确的 HTTP 请求，或请求头太大；请检查客户端")
            headers = [*response.raw_headers, (b"connection", b"close")]
            lines = [b"HTTP/1.1 400 Bad Request", *(b": ".join(pair) for pair in headers), b"", b""]
            self.transport.write(b"\r\n".join(lines) + bytes(response.body))
        self.transport.close()


def require_free(host: str, port: int) -> None:
    """Check that the server can listen there.

    Raises:
        SettingError: it cannot.

    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        reason = error.strerror or error
        raise SettingError(f"无法监听 {host}:{port}：{reason}；请换一个 --port 或 --host") from error


def require_key(settings: Settings) -> None:
    """Check that a server which other machines can reach asks for a key.

    Raises:
        SettingError: it would let everyone in.

    """
    if settings.api_key is None and not _is_loopback(settings.host):
        raise SettingError(
            f"{settings.host} 能从别的机器访问，却没有密钥；请设置环境变量 CHUCHU_API_KEY"
            "（例如 openssl rand -hex 24 的输出），或用 --insecure 让所有人都能使用"
        )


def _is_loopback(host: str) -> bool:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return all(ip_address(str(address[0]).partition("%")[0]).is_loopback for *_, address in found)


def run(settings: Settings, port: int, workers: int) -> None:
    """Serve until stopped."""
    with TemporaryDirectory(prefix="chuchu-metrics-") as folder:
        if workers > 1 and settings.metrics_folder is None:
            settings = settings.model_copy(update={"metrics_folder": Path(folder)})
        settings.hand_down()
        uvicorn.run(
            "api.app:create_app",
            factory=True,
            host=settings.host,
            port=port,
            workers=workers,
            http=PatientProtocol,
            ws="none",
            log_config=log.CONFIG,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        )
