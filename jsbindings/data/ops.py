"""k6/data: arrays of a test that its virtual users share, kept once per process as one JSON text per element."""

from __future__ import annotations

from jsbindings.api import Binding, Thrown, op


class SharedArrays:
    """The arrays of a process by name; the first one of a name is the one that everybody gets.

    Their numbers are the same in every virtual user. An array never changes, so that handing it to a worker process
    by fork() copies nothing.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._arrays: list[list[str]] = []

    def find(self, name: str) -> int | None:
        """The number of the array called `name`; None when nobody has made it yet."""
        return self._numbers.get(name)

    def add(self, name: str, rows: list[str]) -> int:
        """Keep an array, unless one of this name came while its rows were collected; the number of what counts."""
        if name not in self._numbers:
            self._numbers[name] = len(self._arrays)
            self._arrays.append(rows)
        return self._numbers[name]

    def rows(self, number: int) -> list[str]:
        """The elements of an array, each as JSON."""
        return self._arrays[number]


class DataBinding(Binding):
    """SharedArray of one virtual user; `shared` holds the data."""

    module = "k6/data"
    shared: SharedArrays

    # What the constructor that runs now has sent so far.
    _sent: list[str]

    @classmethod
    def create_shared(cls) -> SharedArrays:
        """The arrays of the process."""
        return SharedArrays()

    @op
    def find(self, name: str) -> tuple[int, int] | None:
        """Number and length of an array that exists; None asks the script to make it.

        Raises:
            Thrown: not in the init context, or no name.
        """
        if self.vu.phase != "init":
            raise Thrown("new SharedArray must be called in the init context")
        if not name:
            raise Thrown("empty name provided to SharedArray's constructor")
        number = self.shared.find(name)
        return None if number is None else (number, len(self.shared.rows(number)))

    @op
    def begin(self) -> None:
        """Elements follow."""
        self._sent = []

    @op
    def send(self, rows: list[str]) -> None:
        """Further elements, as JSON; in parts, because all of them at once would be in memory several times."""
        self._sent += rows

    @op
    def end(self, name: str) -> tuple[int, int]:
        """The elements are complete: number and length of the array, which is another one's if that came first."""
        rows, self._sent = self._sent, []
        number = self.shared.add(name, rows)
        return number, len(self.shared.rows(number))

    @op
    def row(self, number: int, index: int) -> str:
        """One element as JSON."""
        return self.shared.rows(number)[index]
