"""dukpy's extension module without dukpy: the package imports an installer, urllib and more, a third of our start.

Owns finding it.  Whoever imports dukpy itself, before or after, gets the same module.
"""

from __future__ import annotations

import importlib.util
import sys
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType

_NAME = "dukpy._dukpy"


def package_folder() -> Path:
    """Where dukpy is installed, with the TypeScript compiler in it.

    Raises:
        ImportError: it is not.
    """
    package = importlib.util.find_spec("dukpy")
    if package is None or not package.submodule_search_locations:
        raise ImportError("dukpy is not installed; k6py's own installation brings it")
    return Path(package.submodule_search_locations[0])


def _load() -> ModuleType:
    if _NAME in sys.modules:
        return sys.modules[_NAME]
    spec = PathFinder.find_spec(_NAME, [str(package_folder())])
    if spec is None or spec.loader is None:
        raise ImportError("dukpy is not installed as it should be: its extension module is missing")
    module = importlib.util.module_from_spec(spec)
    sys.modules[_NAME] = module
    spec.loader.exec_module(module)
    return module


_dukpy = _load()
