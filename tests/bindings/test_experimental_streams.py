"""k6/experimental/streams: what happens in which order, as the Streams Standard has it, in k6's words."""

from __future__ import annotations

import json

import pytest

from tests.kit.evaluate import evaluate

IMPORTS = """
import * as streams from 'k6/experimental/streams';
const { ReadableStream, ReadableStreamDefaultReader, WritableStream, WritableStreamDefaultWriter,
  CountQueuingStrategy } = streams;
"""
# A scene tells what happened: log() notes it, watch() notes what becomes of a promise, attempt() what a call throws.
STAGE = """
const pause = () => new Promise((resolve) => { setTimeout(resolve, 1); });
const told = (value) => value instanceof Error ? String(value) : JSON.stringify(value) ?? 'undefined';
const scene = async (play) => {
  const lines = [];
  const log = (...values) => lines.push(values.map((v) => typeof v === 'string' ? v : told(v)).join(' '));
  const watch = (name, promise) => promise.then((v) => log(name, 'ok', v), (e) => log(name, 'failed', e));
  const attempt = (call) => { try { log('fine', call()); } catch (e) { log(e); } };
  await play({ log, watch, attempt });
  for (let i = 0; i < 4; i += 1) await pause();
  return lines.join(', ');
};
"""


def play(code: str, native: bool = True) -> str:
    expression = f"scene(async ({{ log, watch, attempt }}) => {{\n{code}\n}})"
    (value,) = evaluate([expression], imports=IMPORTS, init=STAGE, native=native)
    text: str = json.loads(value)
    return text


def test_chunks_are_read_in_their_order_until_the_end(native: bool) -> None:
    code = """
      const stream = new ReadableStream({ start(c) {
        log(c.desiredSize); c.enqueue('a'); log(c.desiredSize); c.enqueue('b'); c.close(); log(c.desiredSize);
        attempt(() => c.enqueue('x'));
        attempt(() => c.close());
      } });
      const reader = stream.getReader();
      watch('closed', reader.closed);
      for (const name of ['1', '2', '3']) watch(name, reader.read());
    """
    refused = "TypeError: cannot close or enqueue"
    assert play(code, native) == (
        f'1, 0, -1, {refused}, {refused}, 1 ok {{"value":"a","done":false}}, closed ok undefined,'
        ' 2 ok {"value":"b","done":false}, 3 ok {"done":true}'
    )


@pytest.mark.parametrize(
    ("name", "code", "expected"),
    [
        (
            "pulls until the queue is full, then once for each read",
            """
              let n = 0;
              const pull = (c) => { n += 1; log('pull', n); c.enqueue(n); };
              const stream = new ReadableStream({ pull }, { highWaterMark: 2 });
              await pause();
              log('reads');
              const reader = stream.getReader();
              log((await reader.read()).value, (await reader.read()).value);
            """,
            "pull 1, pull 2, reads, pull 3, pull 4, 1 2",
        ),
        (
            "does not pull before a read without a queue",
            """
              const stream = new ReadableStream({ pull(c) { log('pull'); c.enqueue(1); } }, { highWaterMark: 0 });
              await pause();
              log('reads', (await stream.getReader().read()).value);
            """,
            "pull, reads 1",
        ),
        (
            "waits for a pull before the next one",
            """
              let n = 0;
              const stream = new ReadableStream({ async pull(c) {
                n += 1; log('pull', n); await pause(); c.enqueue(n); if (n === 2) c.close();
              } }, { highWaterMark: 0 });
              const reader = stream.getReader();
              for (let i = 0; i < 3; i += 1) log(await reader.read());
            """,
            'pull 1, {"value":1,"done":false}, pull 2, {"value":2,"done":false}, {"done":true}',
        ),
        (
            "waits for start",
            """
              const stream = new ReadableStream({ async start() { await pause(); log('started'); },
                pull(c) { log('pull'); c.close(); } });
              watch('read', stream.getReader().read());
            """,
            'started, pull, read ok {"done":true}',
        ),
        (
            "hands a chunk to who waits for it",
            """
              let controller;
              const stream = new ReadableStream({ start(c) { controller = c; } });
              stream.getReader().read().then(({ value }) => log(value));
              Promise.resolve().then(() => log('first')).then(() => log('third'));
              controller.enqueue('second');
              log('now');
            """,
            "now, first, second, third",
        ),
        (
            "fails all who wait, and whoever asks later",
            """
              let controller;
              const stream = new ReadableStream({ start(c) { controller = c; } });
              const reader = stream.getReader();
              watch('closed', reader.closed);
              watch('read', reader.read());
              controller.error(new Error('boom'));
              controller.error(new Error('again'));
              watch('later', reader.read());
              watch('cancel', reader.cancel());
              log(controller.desiredSize);
            """,
            "null, closed failed Error: boom, read failed Error: boom, later failed Error: boom,"
            " cancel failed Error: boom",
        ),
        (
            "fails with what its source throws",
            """
              for (const source of [
                { pull() { throw new Error('pull'); } }, { async pull() { throw 'text'; } },
                { async start() { throw undefined; } },
              ]) {
                watch('read', new ReadableStream(source).getReader().read());
                await pause();
              }
            """,
            "read failed Error: pull, read failed text, read failed undefined",
        ),
        (
            "does not begin when start throws",
            "attempt(() => new ReadableStream({ start() { throw new RangeError('mine'); } }));",
            "RangeError: mine",
        ),
        (
            "cancel tells the source, and ends the stream",
            """
              const cancel = (reason) => log('cancel', reason);
              const stream = new ReadableStream({ start(c) { c.enqueue(1); }, cancel });
              await stream.cancel('why').then((value) => log('done', value));
              const reader = stream.getReader();
              watch('read', reader.read());
              watch('again', reader.cancel());
            """,
            'cancel why, done undefined, read ok {"done":true}, again ok undefined',
        ),
        (
            "cancel fails with what the source throws, and ends the stream",
            """
              const stream = new ReadableStream({ cancel() { throw new Error('mine'); } });
              const reader = stream.getReader();
              watch('read', reader.read());
              watch('closed', reader.closed);
              watch('cancel', reader.cancel());
            """,
            'closed ok undefined, read ok {"done":true}, cancel failed Error: mine',
        ),
        (
            "is locked by its reader",
            """
              const stream = new ReadableStream();
              log(stream.locked);
              stream.getReader();
              log(stream.locked);
              attempt(() => stream.getReader());
              attempt(() => new ReadableStreamDefaultReader(stream));
              watch('cancel', stream.cancel());
            """,
            "false, true, TypeError: stream is locked, TypeError: stream is locked,"
            " cancel failed TypeError: cannot cancel a locked stream",
        ),
        (
            "is free again when the reader lets go",
            """
              let controller;
              const stream = new ReadableStream({ start(c) { controller = c; } });
              const reader = stream.getReader();
              watch('read', reader.read());
              reader.releaseLock();
              reader.releaseLock();
              log(stream.locked);
              watch('closed', reader.closed);
              watch('later', reader.read());
              watch('cancel', reader.cancel());
              watch('other', stream.getReader().read());
              controller.enqueue(1);
            """,
            "false, read failed TypeError: reader released, closed failed TypeError: stream is readable,"
            " later failed TypeError: stream is undefined, cancel failed TypeError: stream is undefined,"
            ' other ok {"value":1,"done":false}',
        ),
        (
            "counts by the strategy",
            """
              let controller;
              const start = (c) => { controller = c; c.enqueue('abc'); c.enqueue('de'); };
              const stream = new ReadableStream({ start }, { highWaterMark: 4, size: (chunk) => chunk.length });
              log(controller.desiredSize);
              await stream.getReader().read();
              log(controller.desiredSize);
            """,
            "-1, 2",
        ),
        (
            "refuses sizes that are none",
            """
              for (const size of [() => -1, () => NaN, () => Infinity, () => 'x', () => { throw new Error('mine'); }]) {
                let controller;
                const stream = new ReadableStream({ start(c) { controller = c; } }, { size });
                attempt(() => controller.enqueue(1));
                await stream.getReader().closed.catch((e) => log(e.name));
              }
            """,
            ", ".join(["RangeError: size must be a finite, non-NaN number, RangeError"] * 4 + ["Error: mine, Error"]),
        ),
        (
            "takes any chunk",
            """
              const chunks = [undefined, null, 0, '', [1]];
              const stream = new ReadableStream({ start(c) { chunks.forEach((chunk) => c.enqueue(chunk)); } });
              const reader = stream.getReader();
              for (const chunk of chunks) log((await reader.read()).value === chunk);
            """,
            "true, true, true, true, true",
        ),
        (
            "calls the source as its own methods",
            """
              const source = { start() { log(this === source); }, pull() { log(this === source); },
                cancel() { log(this === source); } };
              const stream = new ReadableStream(source);
              await pause();
              await stream.cancel();
            """,
            "true, true, true",
        ),
    ],
)  # fmt: skip
def test_a_readable_stream(name: str, code: str, expected: str) -> None:
    assert play(code) == expected


@pytest.mark.parametrize(
    ("name", "code", "expected"),
    [
        (
            "writes one chunk after the other, then closes",
            """
              const stream = new WritableStream({
                write(chunk, controller) { log('write', chunk, typeof controller.error); return pause(); },
                close() { log('close'); },
              });
              const writer = stream.getWriter();
              watch('a', writer.write('a'));
              log(writer.desiredSize);
              watch('b', writer.write('b'));
              log(writer.desiredSize);
              watch('end', writer.close());
              watch('late', writer.write('c'));
              watch('twice', writer.close());
              await writer.closed;
              log(writer.desiredSize);
              watch('after', writer.write('d'));
              watch('abort', writer.abort());
            """,
            "0, -1, write a function, late failed TypeError: stream is closing or closed,"
            " twice failed TypeError: stream is already closing, write b function, a ok undefined, close,"
            " b ok undefined, end ok undefined, 0, after failed TypeError: stream is closing or closed,"
            " abort ok undefined",
        ),
        (
            "is ready while its queue has room",
            """
              const ends = [];
              const write = () => new Promise((resolve) => ends.push(resolve));
              const writer = new WritableStream({ write }, { highWaterMark: 2 }).getWriter();
              const { ready } = writer;
              writer.write(1);
              log(writer.ready === ready);
              writer.write(2);
              log(writer.ready === ready);
              watch('ready', writer.ready);
              await pause();
              log('ends');
              ends[0]();
              await pause();
              log(writer.desiredSize);
            """,
            "true, false, ends, ready ok undefined, 1",
        ),
        (
            "fails everybody when the sink does",
            """
              const sink = { write() { throw new Error('mine'); }, abort() { log('never'); } };
              const writer = new WritableStream(sink).getWriter();
              for (const name of ['1', '2']) watch(name, writer.write(name));
              watch('close', writer.close());
              watch('closed', writer.closed);
              await pause();
              log(writer.desiredSize);
              watch('ready', writer.ready);
              watch('3', writer.write('3'));
              watch('again', writer.close());
              watch('abort', writer.abort());
            """,
            "1 failed Error: mine, 2 failed Error: mine, close failed Error: mine, closed failed Error: mine, null,"
            " ready failed Error: mine, 3 failed Error: mine,"
            " again failed TypeError: stream is already closed or errored, abort ok undefined",
        ),
        (
            "needs nobody to listen when the sink fails",
            """
              const writer = new WritableStream({ async write() { throw new Error('mine'); } }).getWriter();
              watch('write', writer.write(1));
            """,
            "write failed Error: mine",
        ),
        (
            "fails when its start or close does",
            """
              const fail = (text) => { throw new Error(text); };
              for (const sink of [{ start: async () => fail('start') }, { close: () => fail('close') }]) {
                const writer = new WritableStream(sink).getWriter();
                watch('close', writer.close());
                watch('closed', writer.closed);
                await pause();
              }
            """,
            "close failed Error: start, closed failed Error: start, close failed Error: close,"
            " closed failed Error: close",
        ),
        (
            "abort waits for the write that is under way, and drops the others",
            """
              const writer = new WritableStream({
                write(chunk) { log('write', chunk); return pause(); }, abort(reason) { log('abort', reason); },
              }).getWriter();
              watch('1', writer.write(1));
              watch('2', writer.write(2));
              await Promise.resolve();
              watch('done', writer.abort('why'));
              watch('same', writer.abort('other'));
              log(writer.desiredSize);
              watch('3', writer.write(3));
              watch('closed', writer.closed);
            """,
            "write 1, null, 3 failed why, abort why, 1 ok undefined, 2 failed why, done ok undefined,"
            " same ok undefined, closed failed why",
        ),
        (
            "abort fails with what the sink throws",
            """
              const stream = new WritableStream({ abort() { throw new Error('mine'); } });
              watch('abort', stream.abort('why'));
              watch('closed', stream.getWriter().closed);
            """,
            "abort failed Error: mine, closed failed why",
        ),
        (
            "abort of a stream that is failing fails as well",
            """
              let controller;
              const stream = new WritableStream({ start(c) { controller = c; } });
              controller.error(new Error('first'));
              controller.error(new Error('second'));
              watch('abort', stream.abort('why'));
            """,
            "abort failed Error: first",
        ),
        (
            "abort while it closes ends both",
            """
              const writer = new WritableStream({ close: pause }).getWriter();
              await pause();
              watch('close', writer.close());
              watch('abort', writer.abort('why'));
              watch('closed', writer.closed);
            """,
            "close ok undefined, abort ok undefined, closed ok undefined",
        ),
        (
            "is locked by its writer",
            """
              const stream = new WritableStream();
              stream.getWriter();
              log(stream.locked);
              attempt(() => stream.getWriter());
              watch('abort', stream.abort());
              watch('close', stream.close());
            """,
            "true, TypeError: stream is locked, abort failed TypeError: cannot abort a locked stream,"
            " close failed TypeError: cannot close a locked stream",
        ),
        (
            "is free again when the writer lets go",
            """
              const stream = new WritableStream();
              const writer = stream.getWriter();
              writer.releaseLock();
              writer.releaseLock();
              log(stream.locked);
              attempt(() => writer.desiredSize);
              watch('closed', writer.closed);
              watch('ready', writer.ready);
              watch('write', writer.write(1));
              watch('close', writer.close());
              watch('abort', writer.abort());
              await stream.getWriter().write(1);
              log('other');
            """,
            "false, TypeError: stream is undefined, closed failed TypeError: writer released,"
            " ready failed TypeError: writer released, write failed TypeError: stream is undefined,"
            " close failed TypeError: stream is undefined, abort failed TypeError: stream is undefined, other",
        ),
        (
            "closes by itself, too",
            """
              const stream = new WritableStream({ close() { log('close'); } });
              watch('1', stream.close());
              watch('2', stream.close());
              await pause();
              watch('3', stream.close());
              const writer = stream.getWriter();
              watch('closed', writer.closed);
              watch('ready', writer.ready);
            """,
            "close, 2 failed TypeError: stream is already closing, 1 ok undefined,"
            " 3 failed TypeError: stream is already closed or errored, closed ok undefined, ready ok undefined",
        ),
        (
            "counts by the strategy, and refuses sizes that are none",
            """
              const writer = new WritableStream({}, { highWaterMark: 5, size: (chunk) => chunk.length }).getWriter();
              writer.write('abc');
              log(writer.desiredSize);
              for (const size of [() => -1, () => { throw new Error('mine'); }]) {
                await new WritableStream({}, { size }).getWriter().write(1).catch(log);
              }
            """,
            "2, RangeError: size must be a finite, non-NaN number, Error: mine",
        ),
    ],
)  # fmt: skip
def test_a_writable_stream(name: str, code: str, expected: str) -> None:
    assert play(code) == expected


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("new ReadableStream(null)", "TypeError: underlyingSource must be an object"),
        ("new ReadableStream('x')", "TypeError: underlyingSource must be an object"),
        ("new ReadableStream(() => 1)", "TypeError: underlyingSource must be an object"),
        ("new ReadableStream({ start: 5 })", "TypeError: underlyingSource.[[start]] must be a function"),
        ("new ReadableStream({ pull: {} })", "TypeError: underlyingSource.[[pull]] must be a function"),
        ("new ReadableStream({ cancel: 'x' })", "TypeError: underlyingSource.[[cancel]] must be a function"),
        ("new ReadableStream({ type: 'bytes' })", "GoError: NotSupportedError:'bytes' stream is not supported yet"),
        ("new ReadableStream({ type: 'x' })", "TypeError: invalid underlying source type"),
        ("new ReadableStream({}, 5)", "TypeError: CountQueuingStrategy argument must be an object"),
        ("new ReadableStream({}, { highWaterMark: -1 })", "RangeError: highWaterMark must be a non-negative number"),
        ("new ReadableStream({}, { highWaterMark: NaN })", "RangeError: highWaterMark must be a non-negative number"),
        ("new ReadableStream({}, { highWaterMark: '4' })", "RangeError: highWaterMark must be a non-negative number"),
        ("new ReadableStream({}, { size: 5 })", "TypeError: size must be a function"),
        ("new ReadableStream().getReader({ mode: 'byob' })",
         "GoError: NotSupportedError:'byob' mode is not supported yet"),
        ("new ReadableStream().getReader({ mode: 'x' })", "TypeError: options.mode is not 'byob'"),
        ("new ReadableStream().getReader(5)", "TypeError: the options of getReader() must be an object"),
        ("new ReadableStream().tee()", "GoError: NotSupportedError:'tee()' is not supported yet"),
        ("new ReadableStreamDefaultReader()", "TypeError: ReadableStreamDefaultReader takes a single argument"),
        ("new ReadableStreamDefaultReader({})",
         "TypeError: ReadableStreamDefaultReader argument must be a ReadableStream"),
        ("new WritableStream(null)", "TypeError: underlyingSink must be an object"),
        ("new WritableStream({ write: 5 })", "TypeError: underlyingSink.[[write]] must be a function"),
        ("new WritableStream({ type: 'x' })", "RangeError: 'type' is not supported by WritableStream"),
        ("new WritableStreamDefaultWriter()", "TypeError: WritableStreamDefaultWriter takes a single argument"),
        ("new WritableStreamDefaultWriter(null)",
         "TypeError: WritableStreamDefaultWriter argument must be a WritableStream"),
        ("new CountQueuingStrategy()", "TypeError: CountQueuingStrategy takes a single argument"),
        ("new CountQueuingStrategy(5)", "TypeError: CountQueuingStrategy argument must be an object"),
        ("new CountQueuingStrategy({})", "TypeError: CountQueuingStrategy argument must have 'highWaterMark' property"),
        ("(() => { let c; new ReadableStream({ start(x) { c = x; } }); return new c.constructor(); })()",
         "TypeError: Illegal constructor"),
    ],
)  # fmt: skip
def test_what_is_refused(expression: str, text: str) -> None:
    assert evaluate([expression], imports=IMPORTS) == [text]


def test_what_may_be_left_out() -> None:
    expressions = [
        "new ReadableStream(undefined, undefined).locked",
        "new ReadableStream({}, null).getReader({ mode: undefined }) instanceof ReadableStreamDefaultReader",
        "new ReadableStream().getReader(null) instanceof ReadableStreamDefaultReader",
        "new WritableStream().getWriter() instanceof WritableStreamDefaultWriter",
        "new CountQueuingStrategy({ highWaterMark: 3 })",
        "new CountQueuingStrategy({ highWaterMark: 3 }).size()",
        "new WritableStream({}, new CountQueuingStrategy({ highWaterMark: 3 })).getWriter().desiredSize",
        "Object.keys(streams).sort()",
    ]
    names = ["CountQueuingStrategy", "ReadableStream", "ReadableStreamDefaultReader", "WritableStream"]
    assert evaluate(expressions, imports=IMPORTS) == [
        "false",
        "true",
        "true",
        "true",
        '{"highWaterMark":3}',
        "1",
        "3",
        json.dumps([*names, "WritableStreamDefaultWriter"], separators=(",", ":")),
    ]


READ_BLOB = """(async () => {
  const reader = new Blob(['é'.repeat(40000)]).stream().getReader();
  const sizes = [];
  for (let next = await reader.read(); !next.done; next = await reader.read()) sizes.push(next.value.length);
  return sizes;
})()"""


def test_a_blob_can_be_streamed_by_scripts_that_import_streams() -> None:
    blob = "import { Blob } from 'k6/websockets';"
    assert evaluate([READ_BLOB], imports=f"{blob}\nimport 'k6/experimental/streams';") == ["[65536,14464]"]
    assert evaluate([READ_BLOB], imports=blob) == [
        "GoError: Blob.stream() needs an import of 'k6/experimental/streams' in the script"
    ]
