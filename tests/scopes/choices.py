"""Decisions, read off a string of bytes.

In comes what hypothesis (or a seed) made up; out goes one decision after the other. Zero always means the plainest
choice, and there are zeros without end after the last byte, so a generator that asks here comes to an end, and a
failing program is made smaller by making its bytes fewer and lower.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Choices:
    """One source of decisions; each byte is used once."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def exhausted(self) -> bool:
        return self._at >= len(self._data)

    def below(self, limit: int) -> int:
        """A number from 0 to limit - 1; limit is at most 256."""
        if limit <= 1 or self.exhausted:
            return 0
        self._at += 1
        return self._data[self._at - 1] % limit

    def chance(self, percent: int) -> bool:
        return self.below(100) >= 100 - percent

    def pick(self, options: Sequence[T]) -> T:
        return options[self.below(len(options))]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """The items in another order; in theirs when there are only zeros."""
        left = list(items)
        return [left.pop(self.below(len(left))) for _ in items]

    def some(self, items: Sequence[T], percent: int) -> list[T]:
        return [item for item in items if self.chance(percent)]
