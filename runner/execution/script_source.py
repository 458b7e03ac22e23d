"""What the command line's one file is (a script, an archive, standard input), and its modules.

Owns telling the three apart and reading the file; refuses to run anything.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from runner.errors import UsageError
from runner.execution.config import TestConfig
from runner.script.modules import ScriptModules
from runner.script.vendor import vendor_folders

if TYPE_CHECKING:
    from runner.script.archive import Archive

STDIN = "-"
# The header of an archive's first file, which is padded with NUL bytes.
_FIRST_BLOCK_BYTES = 512


def open_script(config: TestConfig) -> tuple[ScriptModules, Archive | None]:
    """The modules of the test, and the archive they are in, if they are in one.

    Raises:
        UsageError: there is no such file, or it is a damaged archive.
    """
    content = _content(config.script)
    if config.script_type not in ("", "js", "archive"):
        raise UsageError(
            f"could not initialize '{config.script}': unknown or unspecified test type '{config.script_type}'"
            f" for '{_path(config.script).as_uri()}'",
            hint="use js or archive",
        )
    archive = _archive(config, content)
    if archive is not None:
        return ScriptModules(archive.main, vendor_folders=(), given=archive.files, is_complete=True), archive
    if config.script == STDIN:
        main, folder = (Path.cwd() / STDIN).as_uri(), Path.cwd()
    else:
        path = _path(config.script)
        main, folder = f"file://{quote(str(path))}", path.parent
    return ScriptModules(main, vendor_folders=vendor_folders(folder), given={main: content}), None


def _archive(config: TestConfig, content: bytes) -> Archive | None:
    is_text = b"\0" not in content[:_FIRST_BLOCK_BYTES]
    if config.script_type == "js" or (not config.script_type and is_text):
        return None
    # What reads archives is imported for them alone.
    from runner.script.archive import is_archive, read_archive

    if config.script_type == "archive" or is_archive(content):
        return read_archive(content, config.script)
    return None


def _content(script: str) -> bytes:
    if script == STDIN:
        return sys.stdin.buffer.read()
    scheme, separator, _ = script.partition("://")
    if separator and scheme != "file":
        raise UsageError(f"only supported schemes for imports are file and https, {script} has `{scheme}`")
    path = _path(script)
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise UsageError(
            f'The moduleSpecifier "{script}" couldn\'t be found on local disk.'
            " Make sure that you've specified the right path to the file.",
            hint="for example: k6py run ./script.js",
        ) from None
    except OSError as error:
        raise UsageError(f"read {path}: {(error.strerror or '').lower()}") from error


def _path(script: str) -> Path:
    path = unquote(script.removeprefix("file://")) if script.startswith("file://") else script
    return Path(os.path.normpath(Path(path).absolute()))
