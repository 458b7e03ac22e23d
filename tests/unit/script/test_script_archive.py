"""The archive format: what goes in comes out, and damaged files are told in words."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from runner.errors import UsageError
from runner.script.archive import Archive, is_archive, read_archive, write_archive
from runner.script.modules import canonical_url

MAIN = "file:///tests/my%20script.js"


def tar_of(entries: dict[str, str], links: dict[str, str] | None = None) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        for name, text in entries.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))
        for name, target in (links or {}).items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.LNKTYPE, target
            tar.addfile(entry)
    return content.getvalue()


METADATA = json.dumps({"type": "js", "filename": "file:///a/s.js", "pwd": "file:///a/"})


def test_archive_comes_back_as_it_was_written(tmp_path: Path) -> None:
    archive = Archive(
        main=MAIN,
        files={
            MAIN: b"export default function () {}",
            "file:///data/%C3%BC.bin": bytes(range(256)),
            "https://jslib.k6.io/k6-utils/1.4.0/index.js": b"export {}",
        },
        options={"vus": 2},
        env={"WHO": "me"},
        compatibility_mode="base",
    )
    path = tmp_path / "a.tar"
    write_archive(path, archive, {"k6version": "2.2.0"})
    assert is_archive(path.read_bytes())
    assert read_archive(path.read_bytes(), "a.tar") == archive
    assert list(tmp_path.iterdir()) == [path]
    with tarfile.open(path) as tar:
        assert tar.getnames() == [
            "metadata.json",
            "data",
            "file/data/\u00fc.bin",
            "file/tests/my script.js",
            "https/jslib.k6.io/k6-utils/1.4.0/index.js",
        ]
        assert tar.getmember("file/tests/my script.js").linkname == "data"
        metadata = json.loads(tar.extractfile("metadata.json").read())  # type: ignore[union-attr]
    assert metadata["pwd"] == "file:///tests"
    assert metadata["k6version"] == "2.2.0"


def test_script_may_be_in_data_alone_or_be_a_link_to_it() -> None:
    alone = read_archive(tar_of({"metadata.json": METADATA, "data": "x"}), "a.tar")
    linked = read_archive(tar_of({"metadata.json": METADATA, "data": "x"}, {"file/a/s.js": "data"}), "a.tar")
    assert alone == linked
    assert (alone.main, alone.files, alone.options, alone.env) == (
        "file:///a/s.js",
        {"file:///a/s.js": b"x"},
        {},
        {},
    )


@pytest.mark.parametrize("text", ["", "export default function () {}", "x" * 2000])
def test_script_is_no_archive(text: str) -> None:
    assert not is_archive(text.encode())


@pytest.mark.parametrize(
    "content",
    [
        b"no tar at all",
        tar_of({"data": "x"}),
        tar_of({"metadata.json": METADATA}),
        tar_of({"metadata.json": "{", "data": "x"}),
        tar_of({"metadata.json": "[]", "data": "x"}),
        tar_of({"metadata.json": '{"filename": 1}', "data": "x"}),
        tar_of({"metadata.json": METADATA.replace("}", ', "options": [1]}'), "data": "x"}),
        tar_of({"metadata.json": METADATA}, {"data": "nowhere"}),
        tar_of({"metadata.json": METADATA, "data": "x" * 2000})[:2500],
    ],
)
def test_damaged_archive_is_refused_by_name(content: bytes) -> None:
    with pytest.raises(UsageError, match=r"could not load test archive bundle 'a\.tar': ."):
        read_archive(content, "a.tar")


def test_archive_that_cannot_be_written_says_where(tmp_path: Path) -> None:
    path = tmp_path / "none" / "a.tar"
    with pytest.raises(UsageError, match=r"open .*none/a\.tar: no such file"):
        write_archive(path, Archive(main=MAIN, files={MAIN: b""}), {})


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("file:///a b.js", "file:///a%20b.js"),
        ("file:///a%20b.js", "file:///a%20b.js"),
        ("file:///%61.js", "file:///a.js"),
        ("file:///a%23b.js", "file:///a%23b.js"),
        ("https://host/a%20b.js?x=1", "https://host/a%20b.js?x=1"),
    ],
)
def test_file_urls_have_one_spelling(url: str, expected: str) -> None:
    assert canonical_url(url) == expected
