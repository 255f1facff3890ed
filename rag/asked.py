"""What is asked, and what is expected of the answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from index.document import Span


class Place(NamedTuple):
    """A span of a document."""

    document: str
    span: Span


Expected = Sequence[Place]
"""Where evidence stands: one place, or several of which any will do."""


@dataclass(frozen=True)
class Asked:
    """A question and what is expected of its answer; no evidence means that there is none."""

    id: str
    question: str
    kind: str
    evidence: Sequence[Expected]
    answers: Sequence[str] = ()
    grades: Mapping[str, int] = field(default_factory=dict)
    """How relevant documents are, in a set that judges whole documents; else empty."""
