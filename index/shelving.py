"""Put the passages of a generation into a cluster."""

from pathlib import Path
from typing import Any

from index.cluster import Cluster, name_of
from index.generation import Contents
from index.history import collections, serving_collection
from index.row import rows_of, schema


def shelve(contents: Contents, generation: int, data: Path, cluster: Cluster | None) -> dict[str, Any]:
    """Fill a collection with all passages; return what the manifest says of where they lie.

    What a build that was killed has left is dropped first.

    Raises:
        ClusterError: the cluster refuses, or does not answer.

    """
    if cluster is None:
        return {"kind": "local"}
    awake = {serving_collection(data)}
    cluster.tidy(data, named=collections(data), awake=awake)
    collection, dimension = name_of(data, generation), contents.vectors.shape[1]
    rows = cluster.fill(collection, lambda client: schema(client, dimension), rows_of(contents))
    return {"kind": "milvus", "collection": collection, "rows": rows}
