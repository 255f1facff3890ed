"""A Milvus that holds the passages of generations, so that several hosts can answer from them."""

import re
import secrets
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.errors import ClusterError, DamagedError, FormatError, SettingError

if TYPE_CHECKING:
    from pymilvus import MilvusClient

MOST = 16_384
"""Rows that Milvus gives in one answer."""

_SECONDS = 10.0
"""Within which a question to the cluster must be answered."""
_HOURS = 12 * 3600.0
"""Seconds within which a collection must be written out, indexed or loaded."""
_IDENTITY = ".cluster"
_SCHEME = re.compile(r"(https?|tcp)://[^/]+|unix:.+")
_ADDRESS = re.compile(r"[\w.\[\]-]+:\d{2,5}\b|\d+(?:\.\d+){3}")


@dataclass(frozen=True)
class Cluster:
    """Where a Milvus is, and who asks there."""

    uri: str
    token: str = field(default="", repr=False)
    database: str = ""

    def __post_init__(self) -> None:
        if not _SCHEME.match(self.uri):
            raise SettingError(
                "CHUCHU_MILVUS_URI 不是 Milvus 的地址；请写成 http://主机:19530（或 https://、tcp://、unix:）"
            )

    @cached_property
    def _client(self) -> "MilvusClient":
        import logging

        try:
            from pymilvus import MilvusClient
        except ModuleNotFoundError as error:
            raise SettingError("没有安装 pymilvus；请运行 pip install 'chuchu[milvus]'") from error
        for name in ("pymilvus", "pymilvus.milvus_client"):  # what went wrong is raised, and said once
            logging.getLogger(name).setLevel(logging.CRITICAL)
        return MilvusClient(uri=self.uri, token=self.token, db_name=self.database, timeout=_SECONDS)

    @contextmanager
    def asked(self) -> Iterator["MilvusClient"]:
        """Yield the client.

        Raises:
            ClusterError: what is asked of it fails.
            SettingError: pymilvus is not installed.

        """
        with _told():
            yield self._client

    def require(self) -> None:
        """Check that the cluster answers; see `asked`."""
        with self.asked() as client:
            client.get_server_version(timeout=_SECONDS)

    def open(self, store: Mapping[str, Any], name: str) -> None:
        """Have a collection loaded, and check that it holds all of its rows.

        Args:
            store: what the manifest says of it.
            name: of the generation, for people.

        Raises:
            ClusterError: the cluster refuses, or does not answer.
            DamagedError: the collection is not there, or lacks rows.
            FormatError: the generation is in none.

        """
        if store["kind"] != "milvus":
            raise FormatError(f"{name}没有存入 Milvus；请运行 chuchu build 重建，或取消 CHUCHU_STORE")
        collection, rows = store["collection"], store["rows"]
        with self.asked() as client:
            there = client.has_collection(collection, timeout=_SECONDS)
            if there:
                client.load_collection(collection, timeout=_HOURS)
                found = self._count(collection)
        if not there:
            raise DamagedError(
                f"Milvus 里没有{name}的集合 {collection}；"
                "请核对 CHUCHU_MILVUS_URI 与 CHUCHU_MILVUS_DATABASE，或运行 chuchu build 重建"
            )
        if found != rows:
            raise DamagedError(
                f"Milvus 的集合 {collection} 有 {found} 行，{name}的清单说有 {rows} 行；"
                "请运行 chuchu build 重建"
            )

    def _count(self, collection: str) -> int:
        with self.asked() as client:
            (row,) = client.query(
                collection, output_fields=["count(*)"], consistency_level="Strong", timeout=_SECONDS
            )
            return int(row["count(*)"])

    def fill(
        self,
        collection: str,
        schema: Callable[["MilvusClient"], tuple[Any, Any]],
        batches: Iterator[list[dict[str, Any]]],
    ) -> int:
        """Make a collection of rows, ready to be searched; return how many there are.

        Args:
            schema: makes its schema and, of the same, the parameters of its indexes.

        Raises:
            ClusterError: the cluster refuses, or does not answer; or not all rows arrived.

        """
        rows = 0
        with self.asked() as client:
            fields, indexes = schema(client)
            client.create_collection(collection, schema=fields, consistency_level="Bounded", timeout=_SECONDS)
        for batch in batches:
            rows += len(batch)
            with self.asked() as client:
                client.insert(collection, batch, timeout=_SECONDS)
        with self.asked() as client:
            client.flush(collection, timeout=_HOURS)
            # Nobody waits for the indexes here: loading does, and without them the same is found.
            client.create_index(collection, indexes, timeout=_HOURS, sync=False)
            client.load_collection(collection, timeout=_HOURS)
        if (found := self._count(collection)) != rows:
            raise ClusterError(f"写入 Milvus 的 {rows} 行只到了 {found} 行；请检查它的磁盘与日志，再建一次")
        return rows

    def search(
        self, collection: str, of: str, question: Any, limit: int, among: str
    ) -> list[tuple[int, float]]:
        """Return at most ``limit`` ids and their inner products with ``question``, best first.

        Args:
            of: the field.
            among: an expression that restricts the rows; empty for all.

        """
        with self.asked() as client:
            (hits,) = client.search(
                collection,
                [question],
                anns_field=of,
                filter=among,
                limit=limit,
                search_params={"metric_type": "IP"},
                timeout=_SECONDS,
            )
        return [(int(hit["id"]), float(hit["distance"])) for hit in hits]

    def query(
        self, collection: str, among: str, fields: Sequence[str], limit: int = MOST
    ) -> list[dict[str, Any]]:
        """Return some fields of the rows that an expression names, at most `MOST`."""
        with self.asked() as client:
            found = client.query(
                collection, filter=among, output_fields=list(fields), limit=limit, timeout=_SECONDS
            )
        return [dict(row) for row in found]

    def tidy(self, data: Path, named: Collection[str], awake: Collection[str]) -> None:
        """Drop a data folder's collections that are not ``named``, and let the others sleep but ``awake``.

        A sleeping one is not in the cluster's memory; who opens it has it loaded again.
        """
        with self.asked() as client:
            for collection in client.list_collections(timeout=_SECONDS):
                if not collection.startswith(_prefix(data)):
                    continue
                if collection not in named:
                    client.drop_collection(collection, timeout=_SECONDS)
                elif collection not in awake:
                    client.release_collection(collection, timeout=_SECONDS)


@contextmanager
def _told() -> Iterator[None]:
    """Turn what the client raises into an error of ours; it names no address, as clients may read it."""
    try:
        yield
    except Exception as error:
        if not type(error).__module__.startswith(("pymilvus", "grpc")):
            raise
        reason = _ADDRESS.sub("…", str(getattr(error, "message", "") or type(error).__name__))
        raise ClusterError(
            f"Milvus 拒绝了请求或没有回应（{reason[:200]}）；"
            "请检查 CHUCHU_MILVUS_URI、CHUCHU_MILVUS_TOKEN 与它的日志"
        ) from error


def _prefix(data: Path) -> str:
    """Return how the names of a data folder's collections begin.

    A copy of the folder gets an identity of its own, or its builds would drop what the other one's
    generations name.
    """
    path, inode = data / _IDENTITY, data.stat().st_ino
    try:
        identity, of = path.read_text("ascii").split()
    except (FileNotFoundError, ValueError):
        identity, of = "", ""
    if of != str(inode):
        identity = secrets.token_hex(6)
        path.write_text(f"{identity} {inode}\n", "ascii")
    return f"chuchu_{identity}_"


def name_of(data: Path, generation: int) -> str:
    """Return a name for the collection of a generation, another one each time."""
    return f"{_prefix(data)}{generation}_{secrets.token_hex(3)}"
