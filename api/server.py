"""Starting the HTTP server: where it listens, who may reach it, and how it speaks HTTP."""

import asyncio
import socket
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from api import log
from api.problem import problem
from api.settings import Settings
from index.errors import SettingError

_HEAD_SECONDS = 30
"""Within which the head of a request must arrive."""
_SHUTDOWN_SECONDS = 5
"""Which streams get to end when the server stops."""


class PatientProtocol(H11Protocol):
    """HTTP/1.1 that gives up on a client which says nothing, and answers nonsense in our own shape."""

    _timer: asyncio.TimerHandle | None = None

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

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP; ``msg`` says nothing that helps."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            response = problem(400, "收到的不是正确的 HTTP 请求，或请求头太大；请检查客户端")
            headers = [*response.raw_headers, (b"connection", b"close")]
            start = h11.Response(status_code=400, headers=headers, reason=b"Bad Request")
            for event in (start, h11.Data(data=bytes(response.body)), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


def require_free(host: str, port: int) -> None:
    """Check that the server can listen there.

    Raises:
        SettingError: it cannot.

    """
    family, kind, protocol, _, address = _found(host, port)[0]
    try:
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        reason = error.strerror or error
        raise SettingError(f"无法监听 {host}:{port}：{reason}；请换一个 --port 或 --host") from error


def require_key(settings: Settings) -> None:
    """Check that a server which other machines can reach asks for a key.

    Raises:
        SettingError: it would let everyone in, or has no address.

    """
    if settings.api_key is None and not _is_loopback(settings.host):
        raise SettingError(
            f"{settings.host} 能从别的机器访问，却没有密钥；请设置环境变量 CHUCHU_API_KEY"
            "（例如 openssl rand -hex 24 的输出），或用 --insecure 让所有人都能使用"
        )


def _is_loopback(host: str) -> bool:
    found = _found(host, None)
    return all(ip_address(str(address[0]).partition("%")[0]).is_loopback for *_, address in found)


def _found(host: str, port: int | None) -> list[Any]:
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # a..b is no name that can be written down
        raise SettingError(f"找不到地址 {host}；请换一个 --host") from error


def require_counting(settings: Settings) -> None:
    """Check that the workers can count where they are told to.

    Raises:
        SettingError: they cannot.

    """
    if (folder := settings.metrics_folder) is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise SettingError(
            f"PROMETHEUS_MULTIPROC_DIR 的 {folder} 无法写入：{error.strerror or error}；请换一个"
        ) from error


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
