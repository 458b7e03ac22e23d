// What is in Blobs, and how it is read and made. Loaded by lazy(): most sockets have none.
'use strict';

const { GoError, lazy } = kernel;
const { TextDecoder, TextEncoder } = lazy('k6py:text-encoding')();
const known = lazy('k6py:streams/known');

const encoder = new TextEncoder();

const utf8 = (text) => encoder.encode(text);

// Of what stream() gives.
const CHUNK_SIZE_BYTES = 65536;

const contents = new WeakMap();

// The bytes of a Blob, as a Uint8Array that nobody may write to.
const bytesOf = (blob) => contents.get(blob);

const partBytes = (part) => {
  if (typeof part === 'string') {
    return utf8(part);
  }
  if (part instanceof ArrayBuffer) {
    return new Uint8Array(part);
  }
  if (ArrayBuffer.isView(part)) {
    return new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
  }
  if (contents.has(part)) {
    return bytesOf(part);
  }
  const type = part === null ? 'null' : typeof part;
  throw new GoError(`failed to process [blobParts]: unsupported type: ${type}`);
};

const joined = (parts) => {
  const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
};

const position = (value, size, otherwise) => {
  const number = value === undefined ? otherwise : Math.trunc(Number(value)) || 0;
  return number < 0 ? Math.max(size + number, 0) : Math.min(number, size);
};

const fill = (blob, parts, options) => {
  if (parts !== undefined && parts !== null && (typeof parts === 'string' || typeof parts[Symbol.iterator] !== 'function')) {
    throw new GoError('failed to process [blobParts]: an array is wanted');
  }
  if (options !== undefined && (typeof options !== 'object' || options === null)) {
    throw new GoError('[options] must be an object');
  }
  const bytes = joined([...(parts ?? [])].map(partBytes));
  contents.set(blob, bytes);
  Object.defineProperties(blob, {
    size: { value: bytes.length, enumerable: true },
    type: { value: options?.type === undefined ? '' : String(options.type), enumerable: true },
  });
};

const text = (blob) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytesOf(blob));

const stream = (blob) => {
  const { ReadableStream } = known();
  if (ReadableStream === undefined) {
    throw new GoError("Blob.stream() needs an import of 'k6/experimental/streams' in the script");
  }
  const bytes = bytesOf(blob);
  return new ReadableStream({
    start(controller) {
      for (let offset = 0; offset < bytes.length; offset += CHUNK_SIZE_BYTES) {
        controller.enqueue(bytes.slice(offset, offset + CHUNK_SIZE_BYTES));
      }
      controller.close();
    },
  });
};

const bytesFrom = (blob, start, end) => {
  const from = position(start, blob.size, 0);
  const to = position(end, blob.size, blob.size);
  return bytesOf(blob).subarray(from, Math.max(from, to));
};

Object.assign(exports, { bytesFrom, bytesOf, fill, stream, text, utf8 });
