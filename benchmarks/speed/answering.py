"""How many answers a second, against an endpoint that does nothing."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.speed.figure import Figure, compare, ratio
from benchmarks.speed.load import Round, fire, request
from benchmarks.speed.process import CHUCHU, CORES, resident, served

CONNECTIONS = 8
SECONDS = 3.0
_UVICORN = [sys.executable, "-m", "uvicorn", "--loop", "uvloop", "--http", "httptools"]
EMPTY = [*_UVICORN, "--no-access-log", "--log-level", "warning", "benchmarks.speed.empty:app"]


def asking(address: str, questions: Sequence[str]) -> list[bytes]:
    """Write a request for each question."""
    bodies = (json.dumps({"question": one}, ensure_ascii=False).encode() for one in questions)
    return [request("POST", address, "/ask", body) for body in bodies]


def measure(data: Path, questions: Sequence[str]) -> list[Figure]:
    """Serve from the first core and ask from the last, in turns with the empty endpoint."""
    serve = [*CHUCHU, "serve", "--data", str(data)]
    with (
        served(serve, "/healthz", CORES[:1]) as chuchu,
        served(EMPTY, "/", CORES[:1]) as empty,
    ):
        full, nothing = asking(chuchu.address, questions), [request("GET", empty.address, "/")]
        ours, theirs = compare(lambda: _one(chuchu.address, full), lambda: _one(empty.address, nothing))
        megabytes = resident(chuchu.process)
    rates, empty_rates = [one.rate for one in ours], [one.rate for one in theirs]
    return [
        Figure(
            f"`POST /ask`, one worker, {CONNECTIONS} connections",
            f"{median(rates):.0f}/s",
            f"an empty endpoint: {median(empty_rates):.0f}/s",
            ratio(rates, empty_rates),
            "≥ 0.10",
        ),
        _tail(ours),
        _workers(data, questions),
        Figure("memory of that worker (RSS)", f"{megabytes:.0f} MB", "250 MB", megabytes / 250, "≤ 1.0"),
    ]


def _one(address: str, requests: Sequence[bytes]) -> Round:
    return fire(address, requests, CONNECTIONS, SECONDS)


def _tail(rounds: Sequence[Round]) -> Figure:
    p50, p99 = (median(values) for values in zip(*((one.p50, one.p99) for one in rounds), strict=True))
    return Figure("its 99th percentile", f"{p99:.1f} ms", f"its median: {p50:.1f} ms", p99 / p50, "≤ 4.0")


def _workers(data: Path, questions: Sequence[str]) -> Figure:
    """Compare two workers on two cores with one on one; the asking shares the last core."""
    serve = [*CHUCHU, "serve", "--data", str(data)]
    with (
        served([*serve, "--workers", "2"], "/healthz", CORES[:2]) as two,
        served(serve, "/healthz", CORES[:1]) as one,
    ):
        of_two, of_one = asking(two.address, questions), asking(one.address, questions)
        ours, theirs = compare(lambda: _one(two.address, of_two), lambda: _one(one.address, of_one))
    rates, single = [one.rate for one in ours], [one.rate for one in theirs]
    return Figure(
        "two workers on two cores, the client on one of them",
        f"{median(rates):.0f}/s",
        f"one worker on one: {median(single):.0f}/s",
        ratio(rates, single),
        "≥ 1.8",
    )
