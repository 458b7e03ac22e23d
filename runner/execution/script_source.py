"""What the command line's one file is (a script, an archive, standard input), and its modules.

Owns telling the three apart and reading the file; refuses to run anything.
"""

from __future__ import annotations

import sys
from pathlib import Path
from urllib.parse import quote

from runner.errors import UsageError
from runner.execution.config import TestConfig
from runner.script.archive import Archive, is_archive, read_archive
from runner.script.modules import ScriptModules
from runner.script.vendor import vendor_folders

STDIN = "-"


def open_script(config: TestConfig) -> tuple[ScriptModules, Archive | None]:
    """The modules of the test, and the archive they are in, if they are in one.

    Raises:
        UsageError: there is no such file, or it is a damaged archive.
    """
    content = _content(config.script)
    if config.script_type == "archive" or (config.script_type != "js" and is_archive(content)):
        archive = read_archive(content, config.script)
        return ScriptModules(archive.main, vendor_folders=(), given=archive.files, is_complete=True), archive
    if config.script == STDIN:
        main, folder = (Path.cwd() / STDIN).as_uri(), Path.cwd()
    else:
        path = Path(config.script).absolute()
        main, folder = f"file://{quote(str(path))}", path.parent
    return ScriptModules(main, vendor_folders=vendor_folders(folder), given={main: content}), None


def _content(script: str) -> bytes:
    if script == STDIN:
        return sys.stdin.buffer.read()
    path = Path(script).absolute()
    if not path.is_file():
        raise UsageError(
            f'The moduleSpecifier "{script}" couldn\'t be found on local disk.'
            " Make sure that you've specified the right path to the file, for example: k6py run ./script.js"
        )
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f'The moduleSpecifier "{script}" couldn\'t be read: {error.strerror}') from error
