"""vendor/lock.json and how the folder is found."""

from __future__ import annotations

import json
from pathlib import Path

from runner.script.vendor import vendor_folders
from tests.kit import vendor_lock

K6_UTILS = "jslib.k6.io/k6-utils/1.4.0/index.js"


def test_lock_file_names_every_file_with_its_digest() -> None:
    assert json.loads(vendor_lock.LOCK.read_text(encoding="utf-8")) == vendor_lock.digests()


def test_readme_names_every_file() -> None:
    readme = (vendor_lock.VENDOR / "README.md").read_text(encoding="utf-8")
    assert all(f"https://{path}" in readme for path in vendor_lock.digests())


def test_installed_folder_is_looked_in_last(tmp_path: Path) -> None:
    folders = vendor_folders(tmp_path)
    assert folders[0] == tmp_path / "vendor"
    assert (folders[-1] / K6_UTILS).is_file()
