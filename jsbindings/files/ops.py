"""The global open(): files of the test, read once per process however many virtual users open them."""

from __future__ import annotations

from urllib.parse import urljoin

from jsbindings.api import Binding, Thrown, op
from runner.vu.vu import INIT_ONLY

_REFUSED = INIT_ONLY.format("open")


class FilesBinding(Binding):
    """open() of one virtual user."""

    module = "k6py:files"

    @op
    def read_text(self, path: str, calling_file: str) -> str:
        """A file's text; bytes that are no UTF-8 become U+FFFD."""
        return self._read(path, calling_file).decode("utf-8", "replace")

    @op
    def read_binary(self, path: str, calling_file: str) -> bytes:
        """A file's bytes."""
        return self._read(path, calling_file)

    def _read(self, given: str, calling_file: str) -> bytes:
        if self.vu.phase != "init":
            raise Thrown(_REFUSED)
        if not given:
            raise Thrown("open() can't be used with an empty filename")
        modules = self.vu.context.modules
        if "\0" in given:
            raise Thrown(f"The file {given!r} can't exist: a file name has no NUL character")
        url = (
            given
            if given.startswith("file://")
            else urljoin(calling_file or modules.main, _as_relative(given))
        )
        try:
            return modules.read_file(url)
        except FileNotFoundError:
            raise Thrown(
                f'The file "{given}" couldn\'t be found on local disk ({modules.path_of(url)})'
            ) from None
        except OSError as error:
            path = modules.path_of(url)
            raise Thrown(f'The file "{given}" couldn\'t be read: {error.strerror} ({path})') from None


def _as_relative(path: str) -> str:
    """`path` as a URL reference: a ``?`` or ``#`` in a file name is no query or fragment."""
    return path.replace("%", "%25").replace("?", "%3F").replace("#", "%23")
