"""Immutable tag sets, shared so that the same tags are the same object.

Owns how tags are stored and compared; refuses to know which tags exist (system tags are the VU's business).
Two live TagSets with the same tags are one object, so they hash and compare by identity.

Bounds: the table of all tag sets holds weak references only.  Each tag set remembers at most
``CHILDREN_MAX`` extensions of itself and forgets them all when more come, so a script that puts a new value
into a tag with every request costs time, not memory.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import ClassVar
from weakref import WeakValueDictionary

CHILDREN_MAX = 1024

_Items = tuple[tuple[str, str], ...]


class TagSet:
    """Tags of a sample, immutable; made by ``TagSet.of`` and the with-methods, never directly."""

    __slots__ = ("__weakref__", "_children", "_items", "_values")

    _interned: ClassVar[WeakValueDictionary[_Items, TagSet]] = WeakValueDictionary()
    _lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, items: _Items) -> None:
        self._items = items
        self._values = dict(items)
        self._children: dict[tuple[str, str] | _Items, TagSet] = {}

    @classmethod
    def of(cls, tags: Mapping[str, str]) -> TagSet:
        """The one tag set with exactly these tags."""
        items = tuple(sorted(tags.items()))
        with cls._lock:
            found = cls._interned.get(items)
            if found is None:
                found = cls._interned[items] = cls(items)
            return found

    def with_tag(self, name: str, value: str) -> TagSet:
        """These tags and one more; an existing one of this name is replaced."""
        child = self._children.get((name, value))
        if child is not None:
            return child
        return self._remember((name, value), TagSet.of({**self._values, name: value}))

    def with_tags(self, tags: Mapping[str, str]) -> TagSet:
        """These tags and all of ``tags``, which win."""
        if not tags:
            return self
        key = tuple(tags.items())
        child = self._children.get(key)
        if child is not None:
            return child
        return self._remember(key, TagSet.of({**self._values, **tags}))

    def without(self, name: str) -> TagSet:
        """These tags but the one called ``name``, which need not exist."""
        if name not in self._values:
            return self
        return TagSet.of({key: value for key, value in self._items if key != name})

    def get(self, name: str, default: str | None = None) -> str | None:
        """Value of a tag, or ``default``."""
        return self._values.get(name, default)

    def items(self) -> tuple[tuple[str, str], ...]:
        """All tags, sorted by name."""
        return self._items

    def contains_all(self, tags: Mapping[str, str]) -> bool:
        """Whether every one of ``tags`` is here with the same value."""
        return tags.items() <= self._values.items()

    def as_dict(self) -> dict[str, str]:
        """A copy that may be changed."""
        return dict(self._values)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def __len__(self) -> int:
        return len(self._items)

    def __reduce__(self) -> tuple[object, tuple[dict[str, str]]]:
        return TagSet.of, (self._values,)

    def __repr__(self) -> str:
        return f"TagSet({self._values!r})"

    def _remember(self, key: tuple[str, str] | _Items, child: TagSet) -> TagSet:
        if len(self._children) >= CHILDREN_MAX:
            self._children.clear()
        self._children[key] = child
        return child


EMPTY_TAGS = TagSet.of({})
