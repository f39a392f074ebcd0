"""Dicts that get keys which only the run knows: their keys and their values, in two lists.

    memo = {0: x}                 memo_keys, memo = [0], [x]
    memo[k] = f(memo[k - 1])      place = place_of(memo_keys, k - 1); ...; memo_keys.append(k); memo.append(...)

A dict is one of these if a key of it must be known while compiling, and no loop that is written out and
no constant argument makes it known (`NeedStatic.maker`): then the program is run again with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from srcdiff.ops.runtime import place_of


class Keyed:
    """What such a dict does, for the compiler to read; Python's own dicts are not these."""

    names: list[Any]
    held: list[Any]

    def __getitem__(self, key: Any) -> Any:
        place = place_of(self.names, key)
        if place < 0:
            raise KeyError(key)
        return self.held[place]

    def __setitem__(self, key: Any, value: Any) -> None:
        place = place_of(self.names, key)
        if place < 0:
            self.names.append(key)
            self.held.append(value)
        else:
            self.held[place] = value

    def __delitem__(self, key: Any) -> None:
        self.pop(key)

    def __contains__(self, key: Any) -> bool:
        return place_of(self.names, key) >= 0

    def __len__(self) -> int:
        return len(self.names)

    def get(self, key: Any, default: Any = None) -> Any:
        place = place_of(self.names, key)
        return default if place < 0 else self.held[place]

    def setdefault(self, key: Any, default: Any) -> Any:
        place = place_of(self.names, key)
        if place < 0:
            self.names.append(key)
            self.held.append(default)
            return default
        return self.held[place]

    def pop(self, key: Any, *default: Any) -> Any:
        place = place_of(self.names, key)
        if place < 0 and default:
            return default[0]
        if place < 0:
            raise KeyError(key)
        self.names.pop(place)
        return self.held.pop(place)

    def update(self, other: Any) -> None:
        for key, value in other.items():
            self[key] = value

    def keys(self) -> Iterator[Any]:
        return map(_itself, self.names)

    def values(self) -> Iterator[Any]:
        return map(_itself, self.held)

    def items(self) -> Iterator[tuple[Any, Any]]:
        return zip(self.names, self.held)


def _itself(value: Any) -> Any:
    return value
