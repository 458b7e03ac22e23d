"""vendor/lock.json: which files are vendored, and the SHA-256 of each.

``python -m tests.kit.vendor_lock`` writes it.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

VENDOR = Path(__file__).parents[2] / "vendor"
LOCK = VENDOR / "lock.json"


def digests() -> dict[str, str]:
    """SHA-256 by path, of every vendored module that is there."""
    files = sorted(path for path in VENDOR.rglob("*.js") if path.is_file())
    return {
        path.relative_to(VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }


if __name__ == "__main__":
    LOCK.write_text(json.dumps(digests(), indent=2) + "\n", encoding="utf-8")
