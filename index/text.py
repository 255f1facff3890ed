"""What is read from a file that is no plain text."""

from typing import NamedTuple


class Text(NamedTuple):
    """A text, and what the file says of it."""

    text: str
    title: str | None
    pages: tuple[int, ...] = ()
    """Where each page begins in ``text``, canonical; empty where there are no pages."""
