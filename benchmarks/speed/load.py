"""Ask a server over a few connections, as fast as it answers, and take the time of each answer."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from time import perf_counter
from typing import cast
from urllib.parse import urlsplit

import httpx
import numpy as np
import uvloop


@dataclass(frozen=True)
class Round:
    """What one round of load measured; milliseconds."""

    rate: float
    """Answers a second."""
    p50: float
    p99: float


def request(method: str, address: str, path: str, body: bytes = b"") -> bytes:
    """Write an HTTP/1.1 request that keeps its connection."""
    head = f"{method} {path} HTTP/1.1\r\nHost: {urlsplit(address).netloc}\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Content-Type: application/json\r\n\r\n".encode() + body


class _Connection(asyncio.Protocol):
    """Sends the next request when the last is answered, until its time is over."""

    def __init__(self, requests: Iterator[bytes], until: float, taken: list[float]) -> None:
        self._requests, self._until, self._taken = requests, until, taken
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._received, self._expected = b"", 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is not one by its class
        self._send()

    def _send(self) -> None:
        self._received, self._expected = b"", 0
        self._begun = perf_counter()
        self._transport.write(next(self._requests))

    def data_received(self, data: bytes) -> None:
        """Collect an answer."""
        self._received += data
        head, found, _ = self._received.partition(b"\r\n\r\n")
        if not self._expected and found:
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            self._expected = len(head) + 4 + length
        if self._expected and len(self._received) >= self._expected:
            self._answered(head)

    def _answered(self, head: bytes) -> None:
        now = perf_counter()
        self._taken.append(now - self._begun)
        if b" 200 " not in head.split(b"\r\n")[0]:
            self.done.set_exception(OSError(self._received.decode(errors="replace")))
        elif now < self._until:
            self._send()
        else:
            self.done.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        """Fail, if answers were still to come."""
        if not self.done.done():
            self.done.set_exception(error or OSError("the server closed the connection"))


async def _round(address: str, requests: Iterator[bytes], connections: int, seconds: float) -> Round:
    loop, taken = asyncio.get_running_loop(), list[float]()
    host, port = urlsplit(address).netloc.split(":")
    begun = perf_counter()
    opened = [
        await loop.create_connection(lambda: _Connection(requests, begun + seconds, taken), host, int(port))
        for _ in range(connections)
    ]
    try:
        await asyncio.wait_for(asyncio.gather(*(one.done for _, one in opened)), seconds + 60)
        rate = len(taken) / (perf_counter() - begun)
    finally:
        for transport, _ in opened:
            transport.close()
        await asyncio.sleep(0)  # for them to be closed
    p50, p99 = np.quantile(taken, [0.5, 0.99]) * 1000
    return Round(rate, float(p50), float(p99))


def fire(address: str, requests: Sequence[bytes], connections: int = 8, seconds: float = 3.0) -> Round:
    """Send ``requests`` over and over for a while.

    Raises:
        OSError: an answer was not 200, or a connection broke.

    """
    return uvloop.run(_round(address, cycle(requests), connections, seconds))


def wait_for(address: str) -> None:
    """Wait, at most a minute, until a server answers.

    Raises:
        httpx.TransportError: it does not.

    """
    with httpx.Client(transport=httpx.HTTPTransport(retries=0)) as client:
        for attempt in range(601):
            try:
                client.get(address)
                return
            except httpx.TransportError:
                if attempt == 600:
                    raise
            _pause()


def _pause() -> None:
    asyncio.run(asyncio.sleep(0.1))
