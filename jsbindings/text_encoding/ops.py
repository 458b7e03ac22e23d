"""TextEncoder and TextDecoder: Python's codecs do the work."""

from __future__ import annotations

import codecs

from jsbindings.api import Binding, Thrown, op


class TextEncodingBinding(Binding):
    """Text to bytes and back."""

    module = "k6py:text-encoding"

    @op
    def encode(self, text: str) -> bytes:
        """UTF-8 of `text`."""
        return text.encode("utf-8")

    @op
    def decode(
        self, data: bytes, encoding: str, fatal: bool, keep_bom: bool, stream: bool
    ) -> tuple[str, int]:
        """The text in `data` and how many bytes of it were used (all of them unless `stream`).

        Raises:
            Thrown: a TypeError, when `fatal` and `data` does not decode.
        """
        decoder = codecs.getincrementaldecoder(encoding)("strict" if fatal else "replace")
        try:
            text = decoder.decode(data, final=not stream)
        except UnicodeDecodeError as error:
            raise Thrown(
                f"the data is no valid {encoding}: {error.reason} at byte {error.start}", "TypeError"
            ) from None
        rest = len(decoder.getstate()[0]) if stream else 0
        return text if keep_bom else text.removeprefix("\ufeff"), len(data) - rest
