// Blob: https://grafana.com/docs/k6/latest/javascript-api/k6-websockets/blob/ (a part of https://w3c.github.io/FileAPI/)
import { GoError } from 'k6py:kernel';
import { known } from 'k6py:streams/known';
import { TextDecoder, TextEncoder } from 'k6py:text-encoding';

const encoder = new TextEncoder();

const utf8 = (text) => encoder.encode(text);

// The size of a text in UTF-8.
export const byteSize = (text) => (/^[\0-\x7f]*$/.test(text) ? text.length : utf8(text).length);

// Of what stream() gives.
const CHUNK_SIZE_BYTES = 65536;

const contents = new WeakMap();

// The bytes of a Blob, as a Uint8Array that nobody may write to.
export const bytesOf = (blob) => contents.get(blob);

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
  if (part instanceof Blob) {
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

export class Blob {
  constructor(parts, options) {
    if (parts !== undefined && parts !== null && (typeof parts === 'string' || typeof parts[Symbol.iterator] !== 'function')) {
      throw new GoError('failed to process [blobParts]: an array is wanted');
    }
    if (options !== undefined && (typeof options !== 'object' || options === null)) {
      throw new GoError('[options] must be an object');
    }
    const bytes = joined([...(parts ?? [])].map(partBytes));
    contents.set(this, bytes);
    Object.defineProperties(this, {
      size: { value: bytes.length, enumerable: true },
      type: { value: options?.type === undefined ? '' : String(options.type), enumerable: true },
    });
  }

  async text() {
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytesOf(this));
  }

  async arrayBuffer() {
    return bytesOf(this).slice().buffer;
  }

  async bytes() {
    return bytesOf(this).slice();
  }

  stream() {
    const { ReadableStream } = known;
    if (ReadableStream === undefined) {
      throw new GoError("Blob.stream() needs an import of 'k6/experimental/streams' in the script");
    }
    const bytes = bytesOf(this);
    return new ReadableStream({
      start(controller) {
        for (let offset = 0; offset < bytes.length; offset += CHUNK_SIZE_BYTES) {
          controller.enqueue(bytes.slice(offset, offset + CHUNK_SIZE_BYTES));
        }
        controller.close();
      },
    });
  }

  slice(start, end, type) {
    const from = position(start, this.size, 0);
    const to = position(end, this.size, this.size);
    return new Blob([bytesOf(this).subarray(from, Math.max(from, to))], { type: type === undefined ? '' : String(type) });
  }

  get [Symbol.toStringTag]() {
    return 'Blob';
  }
}
