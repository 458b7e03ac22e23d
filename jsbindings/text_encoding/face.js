// TextEncoder and TextDecoder: https://encoding.spec.whatwg.org/ ; k6 knows utf-8, utf-16le and utf-16be.
// Loaded by lazy().
'use strict';

const host = kernel.ops('k6py:text-encoding');

class TextEncoder {
  get encoding() {
    return 'utf-8';
  }

  encode(text = '') {
    return new Uint8Array(host.encode(String(text)));
  }
}

const labels = new Map([['utf-8', 'utf-8'], ['utf8', 'utf-8'], ['unicode-1-1-utf-8', 'utf-8'],
  ['utf-16', 'utf-16le'], ['utf-16le', 'utf-16le'], ['utf-16be', 'utf-16be']]);

class TextDecoder {
  #encoding;

  #fatal;

  #ignoreBOM;

  #rest = new Uint8Array(0);

  #started = false;

  constructor(label = 'utf-8', options = {}) {
    this.#encoding = labels.get(String(label).trim().toLowerCase());
    if (this.#encoding === undefined) {
      throw new RangeError(`unsupported encoding: ${label} (supported: utf-8, utf-16le, utf-16be)`);
    }
    this.#fatal = Boolean(options?.fatal);
    this.#ignoreBOM = Boolean(options?.ignoreBOM);
  }

  get encoding() {
    return this.#encoding;
  }

  get fatal() {
    return this.#fatal;
  }

  get ignoreBOM() {
    return this.#ignoreBOM;
  }

  decode(input, options = {}) {
    const stream = Boolean(options?.stream);
    const bytes = this.#joined(input);
    const keepsBOM = this.#ignoreBOM || this.#started;
    const [text, used] = host.decode(bytes, this.#encoding, this.#fatal, keepsBOM, stream);
    this.#rest = stream ? bytes.slice(used) : new Uint8Array(0);
    this.#started = stream && (this.#started || used > 0);
    return text;
  }

  #joined(input) {
    if (input !== undefined && input !== null && !(input instanceof ArrayBuffer) && !ArrayBuffer.isView(input)) {
      throw new TypeError('decode() takes an ArrayBuffer or a view of one');
    }
    const given = input === undefined || input === null
      ? new Uint8Array(0)
      : new Uint8Array(input.buffer ?? input, input.byteOffset ?? 0, input.byteLength);
    const bytes = new Uint8Array(this.#rest.length + given.length);
    bytes.set(this.#rest);
    bytes.set(given, this.#rest.length);
    return bytes;
  }
}

Object.assign(exports, { TextEncoder, TextDecoder });
