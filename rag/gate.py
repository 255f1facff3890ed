"""The gate: what an evaluation must reach for a generation to be good enough."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from index.errors import SettingError
from rag.metric import METRICS
from rag.report import Report

Side = Literal["at_least", "at_most"]


@dataclass(frozen=True)
class Bound:
    """A metric and the value that it must reach, or must not exceed."""

    metric: str
    value: float
    side: Side

    @classmethod
    def parse(cls, text: str, side: Side) -> "Bound":
        """Read ``recall@3=0.9``.

        Raises:
            SettingError: there is no such metric, or the value is no number.

        """
        metric, _, value = (part.strip() for part in text.partition("="))
        if metric not in METRICS:
            raise SettingError(f"没有指标 {metric!r}；可用的是 {'、'.join(METRICS)}，写作 recall@3=0.9")
        try:
            number = float(value)
        except ValueError as error:
            raise SettingError(f"{metric} 的界限 {value!r} 不是数；请写作 {metric}=0.9") from error
        if not abs(number) < float("inf"):
            raise SettingError(f"{metric} 的界限 {value!r} 不是有限的数；请写作 {metric}=0.9")
        return cls(metric, number, side)

    def __str__(self) -> str:
        return f"{self.metric}{'≥' if self.side == 'at_least' else '≤'}{self.value:g}"

    def holds(self, value: float | None) -> bool:
        """Say whether ``value`` is on the right side; what was not measured is not."""
        if value is None:
            return False
        return value >= self.value if self.side == "at_least" else value <= self.value


@dataclass(frozen=True)
class Shortfall:
    """A bound that was not held, and what was measured; None where the questions cannot tell."""

    bound: Bound
    measured: float | None

    def __str__(self) -> str:
        wanted = "至少" if self.bound.side == "at_least" else "至多"
        measured = "这些问题测不出来" if self.measured is None else f"测得 {self.measured:.4g}"
        return f"{self.bound.metric} 应{wanted} {self.bound.value:g}，{measured}"


@dataclass(frozen=True)
class Gate:
    """Bounds that a report must hold."""

    bounds: tuple[Bound, ...] = ()

    @classmethod
    def parse(cls, at_least: Iterable[str] = (), at_most: Iterable[str] = ()) -> "Gate":
        """Read bounds such as ``recall@3=0.9``; see `Bound.parse`."""
        lower = [Bound.parse(text, "at_least") for text in at_least]
        return cls((*lower, *(Bound.parse(text, "at_most") for text in at_most)))

    def shortfalls(self, report: Report) -> list[Shortfall]:
        """Return what fell short, in the order of the bounds; nothing where the report passes."""
        measured = [(bound, report.value(bound.metric)) for bound in self.bounds]
        return [Shortfall(bound, value) for bound, value in measured if not bound.holds(value)]
