// Blob: https://grafana.com/docs/k6/latest/javascript-api/k6-websockets/blob/ (a part of https://w3c.github.io/FileAPI/)
import { lazy } from 'k6py:kernel';

const contents = lazy('k6py:blob-contents');

// The size of a text in UTF-8.
export const byteSize = (text) => (/^[\0-\x7f]*$/.test(text) ? text.length : contents().utf8(text).length);

// The bytes of a Blob, as a Uint8Array that nobody may write to.
export const bytesOf = (blob) => contents().bytesOf(blob);

export class Blob {
  constructor(parts, options) {
    contents().fill(this, parts, options);
  }

  async text() {
    return contents().text(this);
  }

  async arrayBuffer() {
    return bytesOf(this).slice().buffer;
  }

  async bytes() {
    return bytesOf(this).slice();
  }

  stream() {
    return contents().stream(this);
  }

  slice(start, end, type) {
    return new Blob([contents().bytesFrom(this, start, end)], { type: type === undefined ? '' : String(type) });
  }

  get [Symbol.toStringTag]() {
    return 'Blob';
  }
}
