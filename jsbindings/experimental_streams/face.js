// k6/experimental/streams: https://grafana.com/docs/k6/latest/javascript-api/k6-experimental/streams/
// The part of https://streams.spec.whatwg.org/ that k6 has: default streams, without pipes and bytes.
export { CountQueuingStrategy } from 'k6py:streams/queue';
export { ReadableStream, ReadableStreamDefaultReader } from 'k6py:streams/readable';
export { WritableStream, WritableStreamDefaultWriter } from 'k6py:streams/writable';
