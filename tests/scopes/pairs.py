"""Text in two languages at once: C with modules, and the plain C that it means.

All that the generator writes is a `Text`. Both halves are the same but for names: the first has them as a user
writes them, the second has one name for each entity of the program, so that no scope matters in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Text(NamedTuple):
    """A piece of a program, in both languages."""

    module: str
    plain: str


def text(*parts: str | Text) -> Text:
    """The parts in a row; a bare string is the same in both languages."""
    return Text(
        "".join(part if isinstance(part, str) else part.module for part in parts),
        "".join(part if isinstance(part, str) else part.plain for part in parts),
    )


def joined(separator: str, parts: Iterable[Text]) -> Text:
    both = list(parts)
    return Text(separator.join(part.module for part in both), separator.join(part.plain for part in both))


NOTHING = Text("", "")
