"""k6/experimental/fs: files of the test, whose content is kept once per process however many virtual users read it."""

from __future__ import annotations

import posixpath
from pathlib import Path

from jsbindings.api import Binding, op
from jsbindings.named_errors import NamedError, named_errors


class FsBinding(Binding):
    """The files of one virtual user; where it stands in them, the face knows."""

    module = "k6/experimental/fs"

    @op
    @named_errors
    def open(self, path: str) -> tuple[str, str, int]:
        """Read a file, unless the process has.

        Args:
            path: relative to the folder of the main script, whichever file opens it, as in k6.

        Returns:
            Absolute path, URL and size in bytes.

        Raises:
            NamedError: not in the init context, or there is no such file.
        """
        if self.vu.phase != "init":
            raise NamedError(
                "ForbiddenError", "open() failed; reason: opening a file is allowed only in the Init context"
            )
        if not path:
            raise NamedError("TypeError", "open() failed; reason: path cannot be empty")
        modules = self.vu.context.modules
        full_path = path
        try:
            if path.startswith("file://"):
                full_path = str(modules.path_of(path))
            else:
                full_path = posixpath.normpath(modules.path_of(modules.main).parent / path)
            url = Path(full_path).as_uri()
            return full_path, url, len(modules.read_file(url))
        except IsADirectoryError:
            text = f'cannot open "{full_path}": opening a directory is not supported'
            raise NamedError("InvalidResourceError", text) from None
        except (FileNotFoundError, ValueError):
            # A name that no file can have is a ValueError.
            raise NamedError("NotFoundError", f'no such file or directory "{full_path}"') from None
        except OSError as error:
            raise NamedError("InvalidResourceError", f'cannot open "{full_path}": {error.strerror}') from None

    @op
    def read(self, url: str, start: int, end: int) -> bytes:
        """A part of a file that is open."""
        return self.vu.context.modules.read_file(url)[start:end]

    @op(promise=True)
    def pause(self) -> None:
        """Settle when it is this virtual user's turn again."""
