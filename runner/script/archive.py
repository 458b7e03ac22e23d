"""Archives: one tar file with everything that a test needs, as ``k6 archive`` writes it.

Owns the format: ``metadata.json``, ``data`` (the script), and every file that the script read under its
scheme and path (``file/home/me/lib.js``, ``https/jslib.k6.io/…``).  Nothing is ever unpacked to disk.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from runner.errors import UsageError
from runner.script.modules import canonical_url

METADATA = "metadata.json"
DATA = "data"
SCHEMES = ("file", "https", "http")
_BLOCK_BYTES = 512


@dataclass(frozen=True)
class Archive:
    """What an archive holds.

    Args:
        main: URL of the script.
        files: contents by URL, the script included.
        options: as k6 shows them; null where nobody set one.
        env: variables for ``__ENV``.
        compatibility_mode: ``extended`` or ``base``.
    """

    main: str
    files: Mapping[str, bytes]
    options: Mapping[str, object] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    compatibility_mode: str | None = None


def is_archive(content: bytes) -> bool:
    """Whether a file is a tar archive, told by its first block."""
    try:
        tarfile.TarInfo.frombuf(content[:_BLOCK_BYTES], "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def write_archive(path: Path, archive: Archive, facts: Mapping[str, object]) -> None:
    """Write an archive; the file is there whole or not at all.

    Args:
        facts: further entries of the metadata: which program made it, and on what.

    Raises:
        UsageError: it cannot be written.
    """
    metadata = {
        "type": "js",
        "options": archive.options,
        "filename": archive.main,
        "pwd": archive.main.rpartition("/")[0],
        "env": archive.env,
        "compatibilityMode": archive.compatibility_mode,
        **facts,
    }
    aside = path.with_name(f"{path.name}.part")
    try:
        with tarfile.open(aside, "w") as tar:
            _add(tar, METADATA, json.dumps(metadata, indent=2, ensure_ascii=False).encode())
            _add(tar, DATA, archive.files[archive.main])
            for url, content in sorted(archive.files.items()):
                _add(tar, _entry_name(url), content, DATA if url == archive.main else "")
        aside.replace(path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise UsageError(f"open {path}: {(error.strerror or '').lower()}") from error


def read_archive(content: bytes, name: str) -> Archive:
    """Read an archive.

    Args:
        name: as given on the command line, for error texts.

    Raises:
        UsageError: it is none, or not whole.
    """
    complaint = f"could not initialize '{name}': could not load test archive bundle '{name}'"
    try:
        entries = _entries(content)
    except (tarfile.TarError, KeyError) as error:
        raise UsageError(f"{complaint}: {error}") from error
    try:
        metadata = json.loads(entries[METADATA])
        main = canonical_url(metadata["filename"])
        files = {_url(entry): data for entry, data in entries.items() if entry.split("/")[0] in SCHEMES}
        files.setdefault(main, entries[DATA])
        return Archive(
            main=main,
            files=files,
            options=_object(metadata, "options"),
            env={key: str(value) for key, value in _object(metadata, "env").items()},
            compatibility_mode=metadata.get("compatibilityMode") or None,
        )
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise UsageError(f"{complaint}: its {METADATA} or {DATA} is missing or damaged ({error})") from error


def _object(metadata: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = metadata.get(name) or {}
    if not isinstance(found, dict):
        raise ValueError(f"{name} is no object")
    return found


def _entries(content: bytes) -> dict[str, bytes]:
    entries = {}
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as tar:
        for member in tar:
            # Of a hard link extractfile() gives what it leads to; what is neither file nor link has no content.
            data = tar.extractfile(member) if member.isreg() or member.islnk() else None
            if data is not None:
                entries[member.name] = data.read()
    return entries


def _add(tar: tarfile.TarFile, name: str, content: bytes, link_to: str = "") -> None:
    entry = tarfile.TarInfo(name)
    if link_to:
        entry.type, entry.linkname = tarfile.LNKTYPE, link_to
        tar.addfile(entry)
        return
    entry.size = len(content)
    tar.addfile(entry, io.BytesIO(content))


def _entry_name(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return scheme + unquote(rest) if scheme == "file" else f"{scheme}/{rest}"


def _url(entry: str) -> str:
    scheme, _, rest = entry.partition("/")
    return canonical_url(f"file:///{quote(rest)}") if scheme == "file" else f"{scheme}://{rest}"
