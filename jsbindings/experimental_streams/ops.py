"""k6/experimental/streams: nothing of it needs the host."""

from __future__ import annotations

from jsbindings.api import Binding


class StreamsBinding(Binding):
    """A face without ops."""

    module = "k6/experimental/streams"
