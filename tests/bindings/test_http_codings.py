"""Content codings of HTTP bodies."""

from __future__ import annotations

import gzip
import importlib
import zlib
from typing import Any

import pytest

from jsbindings.api import Thrown
from jsbindings.http import codings
from runner.errors import TransportError

TEXT = b"some text " * 20


def bare_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def packed(name: str, data: bytes) -> bytes:
    return codings.compress(data, [name])


# Without a time of their own: the data names the tests, and parallel processes must agree on names.
@pytest.mark.parametrize(
    ("data", "content_encoding"),
    [
        (gzip.compress(TEXT, mtime=0), "gzip"),
        (gzip.compress(TEXT, mtime=0), "X-GZIP"),
        (gzip.compress(TEXT[:50], mtime=0) + gzip.compress(TEXT[50:], mtime=0), "gzip"),
        (zlib.compress(TEXT), "deflate"),
        (bare_deflate(TEXT), "deflate"),
        (packed("br", TEXT), "br"),
        (packed("zstd", TEXT), "zstd"),
        (packed("zstd", TEXT[:50]) + packed("zstd", TEXT[50:]), "zstd"),
        (zlib.compress(gzip.compress(TEXT, mtime=0)), "gzip, deflate"),
        (packed("zstd", packed("br", TEXT)), "br,identity, zstd"),
        (TEXT, ""),
        (TEXT, "identity"),
        (TEXT, "something"),
        (TEXT, "gzip, something"),
    ],
)
def test_responses_are_decompressed(data: bytes, content_encoding: str) -> None:
    assert codings.decompress(data, content_encoding) == TEXT


@pytest.mark.parametrize("name", codings.KNOWN)
def test_no_body_needs_no_decompression(name: str) -> None:
    assert codings.decompress(b"", name) == b""


@pytest.mark.parametrize("name", codings.KNOWN)
@pytest.mark.parametrize("kind", ["cut", "nonsense"])
def test_a_body_that_is_not_what_its_header_says_has_code_1701(name: str, kind: str) -> None:
    data = packed(name, bytes(range(256)) * 4)[:-9] if kind == "cut" else b"\x99" * 40
    with pytest.raises(
        TransportError, match=rf"^error decompressing response body \({name}: .+\)$"
    ) as caught:
        codings.decompress(data, name)
    assert caught.value.code == 1701


@pytest.mark.parametrize("name", codings.KNOWN)
def test_a_bomb_is_refused_before_it_fills_the_memory(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codings, "BODY_SIZE_BYTES_MAX", 100_000)
    assert len(codings.decompress(packed(name, bytes(100_000)), name)) == 100_000
    with pytest.raises(TransportError, match="response body is larger than"):
        codings.decompress(packed(name, bytes(100_001)), name)


@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_the_bound_is_for_all_members_together(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codings, "BODY_SIZE_BYTES_MAX", 1000)
    with pytest.raises(TransportError, match="response body is larger than"):
        codings.decompress(packed(name, bytes(600)) * 2, name)


@pytest.mark.parametrize(
    ("compression", "names"),
    [("", []), ("gzip", ["gzip"]), (" gzip , br", ["gzip", "br"]), ("zstd,deflate", ["zstd", "deflate"])],
)
def test_the_param_lists_codings(compression: str, names: list[str]) -> None:
    assert codings.chosen(compression) == names


@pytest.mark.parametrize(("compression", "unknown"), [("lzw", "lzw"), ("GZIP", "GZIP"), ("gzip,", "")])
def test_the_param_may_not_name_what_k6_does_not_know(compression: str, unknown: str) -> None:
    with pytest.raises(codings.UnknownCoding, match=f"^unknown compression algorithm {unknown}, supported"):
        codings.chosen(compression)


@pytest.mark.parametrize(("name", "package"), [("br", "brotli"), ("zstd", "backports.zstd")])
def test_a_coding_whose_library_is_missing_says_what_to_install(
    name: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = packed(name, TEXT)

    def import_module(module: str) -> Any:
        raise ImportError(module)

    monkeypatch.setattr(importlib, "import_module", import_module)
    hint = rf"the coding '{name}' needs the Python package {package}: pip install k6py\[codings\]"
    with pytest.raises(Thrown, match=hint):
        codings.compress(TEXT, [name])
    with pytest.raises(TransportError, match=hint) as caught:
        codings.decompress(data, name)
    assert caught.value.code == 1701
