"""What scripts hand to k6/ws: bytes, texts, URLs, headers and close codes, odd ones included."""

from __future__ import annotations

import pytest

from tests.kit.raw_server import RawServer
from tests.kit.ws_script import run_connecting


@pytest.mark.parametrize("size", [0, 1, 2, 3, 125, 126, 127, 65535, 65536, 70000])
def test_bytes_come_back_as_they_went(server: RawServer, native: bool, size: int) -> None:
    # Every 16-bit pattern that the path through text might trip over, lone surrogates included.
    code = f"""
      const sent = new Uint8Array({size});
      for (let i = 0; i < sent.length; i += 1) sent[i] = (i >> 1) + (i & 1) * 0xd8 + i * 7;
      sent.set([0x00, 0xd8, 0x41, 0x00, 0xff, 0xdf, 0x00, 0x00].slice(0, {size}));
      ws.connect(__ENV.URL, {{}}, (socket) => {{
        socket.on('open', () => socket.sendBinary(sent.buffer));
        socket.on('binaryMessage', (data) => {{
          const got = new Uint8Array(data);
          seen.push(data instanceof ArrayBuffer, got.length, got.every((byte, i) => byte === sent[i]));
          socket.close();
        }});
      }});
    """
    seen, _ = run_connecting(server, code, native=native)
    assert seen == [True, size, True]


@pytest.mark.parametrize("text", ["", "a", "ä€😀", "\\u0000", "x".ljust(70000, "y"), "\\u2028<&>\\\\"])
def test_text_comes_back_as_it_went(server: RawServer, native: bool, text: str) -> None:
    code = f"""
      const text = '{text}';
      ws.connect(__ENV.URL, {{}}, (socket) => {{
        socket.send(text);
        socket.on('message', (data) => {{ seen.push(data === text); socket.close(); }});
      }});
    """
    assert run_connecting(server, code, native=native)[0] == [True]


def test_lone_surrogates_are_sent_as_replacement_characters(server: RawServer, native: bool) -> None:
    code = r"""
      ws.connect(__ENV.URL, {}, (socket) => {
        socket.send('a\ud800b\udfff');
        socket.on('message', (data) => { seen.push(data); socket.close(); });
      });
    """
    assert run_connecting(server, code, native=native)[0] == ["a�b�"]


@pytest.mark.parametrize("code", ["Infinity", "-Infinity", "1e300", "NaN", "'x'", "{}", "-1", "65536", "10n"])
def test_odd_close_codes_are_no_bug_of_ours(server: RawServer, code: str) -> None:
    _, result = run_connecting(
        server, f"ws.connect(__ENV.URL, {{}}, (s) => {{ s.on('open', () => s.close({code})); }});"
    )
    assert result.messages == []
    assert len(server.told[0]) == 2  # type: ignore[arg-type]


def test_detached_buffer_is_a_type_error(server: RawServer, native: bool) -> None:
    code = """
      const buffer = new ArrayBuffer(8);
      buffer.transfer();
      ws.connect(__ENV.URL, {}, (socket) => {
        try { socket.sendBinary(buffer); } catch (e) { seen.push(e instanceof TypeError); }
        socket.close();
      });
    """
    assert run_connecting(server, code, native=native)[0] == [True]


@pytest.mark.parametrize(
    "url",
    [
        "''", "'nonsense'", "'http://127.0.0.1/'", "'ws://'", "'ws://:80'", "'ws://[::1'", "'ws://127.0.0.1:99999/'",
        "'ws://127.0.0.1:x/'", "'ws://a b/'", "'ws://\\u0000/'", "'ws://\\ud800/'", "'ws://127.0.0.1:1/'", "null",
        "undefined", "{}", "5", "'ws://' + 'a'.repeat(300) + '.example/'", "'ws://user:pw@127.0.0.1/'", "'ws://a..b/'",
    ],
)  # fmt: skip
def test_urls_that_lead_nowhere_are_told_in_the_response(server: RawServer, url: str) -> None:
    seen, result = run_connecting(
        server,
        f"const r = ws.connect({url}, {{}}, () => seen.push('setup')); seen.push(r.status, r.error !== '');",
    )
    assert seen == [0, True]
    assert result.messages == []
    assert len(result.values("ws_sessions")) == 1


@pytest.mark.parametrize(
    "headers",
    [
        "{ 'X-A': 'a\\r\\nX-B: b' }",
        "{ 'X A': 'b' }",
        "{ '': 'b' }",
        "{ 'X-A': '\\u0000' }",
        "{ 'X-A': 'ä€' }",
    ],
)
def test_headers_that_no_request_can_carry_are_an_error_of_the_script(
    server: RawServer, headers: str
) -> None:
    code = f"""
      let r;
      try {{ r = ws.connect(__ENV.URL, {{ headers: {headers} }}, (s) => {{ s.on('open', () => s.close()); }}); }}
      catch (e) {{ r = {{ status: 0, error: String(e) }}; }}
      seen.push(r.status === 101 || r.error !== '');
    """
    seen, result = run_connecting(server, code)
    assert seen == [True]
    assert not any("bug" in message for message in result.messages)
