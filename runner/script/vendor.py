"""Where modules that a script imports by URL are found offline."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

FOLDER = "vendor"
# The vendor folder of k6py itself, under the name it is installed by.
INSTALLED_PACKAGE = "k6py_vendor"


def vendor_folders(script_folder: Path) -> tuple[Path, ...]:
    """Folders to look in, in order: beside the script, in the current folder, and what comes with k6py."""
    folders = [script_folder / FOLDER, Path.cwd() / FOLDER]
    spec = find_spec(INSTALLED_PACKAGE)
    if spec is not None and spec.submodule_search_locations:
        folders += [Path(folder) for folder in spec.submodule_search_locations]
    return tuple(dict.fromkeys(folders))
