"""Fetch pages over HTTP, from public addresses only unless told otherwise."""

import ipaddress
import socket
import ssl
import string
import time
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

import httpcore

from index.errors import SourceError
from index.reader import SUFFIXES, Raw

MOST = 50 * 2**20
"""Bytes of a page."""
SECONDS = 60.0
"""From the first look to the last byte, redirects included."""
_STEP = 20.0  # seconds for one read or write
_REDIRECTS = 5
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_HEADERS = [("User-Agent", "chuchu"), ("Accept-Encoding", "identity"), ("Accept", "text/html,*/*;q=0.5")]
_SUFFIXES = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/markdown": ".md",
    "text/plain": ".txt",
    "application/pdf": ".pdf",
    "application/epub+zip": ".epub",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/jsonl": ".jsonl",
}


def fetch(address: str, private: bool = False) -> Raw:
    """Fetch a page.

    Args:
        private: whether addresses of private networks and of this machine may be fetched from.

    Raises:
        SourceError: it cannot be had, is too large, takes too long, is of no known kind, or lies where
            it may not.

    """
    until = time.monotonic() + SECONDS
    url = address
    with httpcore.ConnectionPool(network_backend=_Guarded(private, until), retries=0) as pool:
        for _ in range(_REDIRECTS + 1):
            url = _encoded(url)
            try:
                with pool.stream("GET", url, headers=_HEADERS, extensions={"timeout": _TIMEOUTS}) as response:
                    headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in response.headers}
                    if response.status in (301, 302, 303, 307, 308) and "location" in headers:
                        url = urljoin(url, _quoted(headers["location"], "latin-1"))
                        continue
                    if response.status != 200:
                        raise SourceError(f"服务器答复 {response.status}；请核对网址")
                    content = _content(response.iter_stream(), until)
            except httpcore.TimeoutException as error:
                raise _too_slow() from error
            except _FAILURES as error:
                reason = str(error) or type(error).__name__
                raise SourceError(f"无法取得网页：{reason}；请检查网址与网络") from error
            return _raw(address, url, headers.get("content-type", ""), content)
    raise SourceError(f"重定向超过 {_REDIRECTS} 次；请写它最后到达的网址")


_TIMEOUTS = dict.fromkeys(("connect", "read", "write", "pool"), _STEP)
_FAILURES = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    OSError,
    ssl.SSLError,
    httpcore.UnsupportedProtocol,
    ValueError,  # a redirect to what is no address
)


def _encoded(url: str) -> str:
    """Return an address as it is asked for; what people write and read may be Chinese (RFC 3987)."""
    try:
        parts = urlsplit(url)
        host, in_range = parts.netloc.encode("idna").decode(), parts.port is None or parts.port
    except ValueError:
        host, in_range = "", False
    if not in_range or parts.scheme not in ("http", "https") or not parts.hostname or "@" in host:
        raise SourceError(f"不能从这个网址读取：{url[:200]}；请写成 https://主机/路径，不带用户名")
    return urlunsplit((parts.scheme, host, _quoted(parts.path), _quoted(parts.query), ""))


def _quoted(part: str, encoding: str = "utf-8") -> str:
    return quote(part, safe=string.punctuation, encoding=encoding)


def _too_slow() -> SourceError:
    return SourceError(f"网页在 {SECONDS:g} 秒内没有传完；请稍后再试，或下载后作为文件加入")


def _content(chunks: Iterable[bytes], until: float) -> bytes:
    content = bytearray()
    for chunk in chunks:
        content += chunk
        if len(content) > MOST:
            raise SourceError(f"网页超过 {MOST} 字节；请只取需要的部分，存为文件再加入")
        if time.monotonic() > until:
            raise _too_slow()
    return bytes(content)


def _raw(address: str, url: str, kind: str, content: bytes) -> Raw:
    media, _, parameters = kind.partition(";")
    named = "." + urlsplit(url).path.rpartition(".")[2].lower()
    told = _SUFFIXES.get(media.strip().lower(), "")
    # A page about README.md may have its name; of text/plain and the like, the name tells more.
    suffix = named if named in SUFFIXES and told != ".html" else told
    if not suffix:
        raise SourceError(f"不支持的网页类型 {media.strip() or '（没有写明）'}；可用 {' '.join(SUFFIXES)}")
    charset = parameters.lower().partition("charset=")[2].strip(" \"'").partition(";")[0]
    return Raw(address, _identity(address), suffix, content, charset=charset)


def _identity(address: str) -> str:
    """Name the document of a page by its host and path."""
    parts = urlsplit(address)
    name = "/".join(part for part in [parts.netloc, *unquote(parts.path).split("/")] if part.strip("."))
    return f"{name}?{parts.query}" if parts.query else name


class _Guarded(httpcore.NetworkBackend):
    """Connects to the very address that was checked, so that a name cannot be resolved to another."""

    def __init__(self, private: bool, until: float) -> None:
        self._private, self._until = private, until
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(entry[4][0]) for entry in found]
        for address in addresses:
            if not self._private and not _is_public(address):
                raise SourceError(
                    f"{host} 指向内部地址 {address}；确需读取请加 --allow-private，或下载后作为文件加入"
                )
        return _Timed(
            self._backend.connect_tcp(addresses[0], port, timeout, None, socket_options), self._until
        )


def _is_public(address: str) -> bool:
    one = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(one, ipaddress.IPv6Address):
        mapped = ipaddress.IPv4Address(int(one) & 0xFFFFFFFF) if one in _NAT64 else None
        one = one.ipv4_mapped or one.sixtofour or mapped or one
    return one.is_global and not one.is_multicast


class _Timed(httpcore.NetworkStream):
    """A stream that ends at a given time, however slowly the other side goes on."""

    def __init__(self, stream: httpcore.NetworkStream, until: float) -> None:
        self._stream, self._until = stream, until

    def _left(self, timeout: float | None) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return min(left, timeout or left)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Timed(self._stream.start_tls(ssl_context, server_hostname, self._left(timeout)), self._until)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
