// Bodies of requests: text, bytes, forms, and forms with files in them.
import { GoError } from 'k6py:kernel';
import { goText, goType } from 'k6py:go-text';
import { http } from 'k6py:http/host';

// Bytes that go to the host in one piece; each knows from where to where it reaches.
export class Chunks {
  #all = [];

  #size = 0;

  // What stands for the content: its place, or itself when it is text or nothing.
  add(content) {
    if (content === null || typeof content === 'string') {
      return content;
    }
    const bytes = content instanceof ArrayBuffer
      ? new Uint8Array(content)
      : new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
    const start = this.#size;
    this.#all.push([start, bytes]);
    this.#size += bytes.length;
    return [start, this.#size];
  }

  join() {
    const joined = new Uint8Array(this.#size);
    for (const [start, bytes] of this.#all) {
      joined.set(bytes, start);
    }
    return joined.buffer;
  }
}

// --- files -----------------------------------------------------------------------------------------------------------

const files = new WeakSet();
let unnamed = 0;

const checkFileData = (data) => {
  if (typeof data !== 'string' && !(data instanceof ArrayBuffer)) {
    throw new GoError(`invalid type ${goType(data)}, expected string or ArrayBuffer`);
  }
};

const nameText = (name) => (name === null || name === undefined ? '' : String(name));

// k6 names a file by the nanosecond.
const newName = () => {
  unnamed = (unnamed + 1) % 1_000_000;
  return `${Date.now()}${String(unnamed).padStart(6, '0')}`;
};

export function file(data, ...named) {
  checkFileData(data);
  const made = {
    data,
    filename: named.length > 0 ? nameText(named[0]) : newName(),
    content_type: named.length > 1 ? nameText(named[1]) : 'application/octet-stream',
  };
  files.add(made);
  return made;
}

const isFile = (value) => files.has(Object(value));

// --- forms -----------------------------------------------------------------------------------------------------------

// As Go's url.QueryEscape.
const escapeForm = (text) => encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'))
  .replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
  .replaceAll('%20', '+');

export const encodeForm = (fields) => {
  const pairs = [];
  for (const name of Object.keys(fields).sort()) {
    const values = Array.isArray(fields[name]) ? fields[name] : [fields[name]];
    for (const value of values) {
      pairs.push(`${escapeForm(name)}=${escapeForm(goText(value))}`);
    }
  }
  return pairs.join('&');
};

const encodeMultipart = (fields) => {
  const chunks = new Chunks();
  const parts = Object.entries(fields).map(([name, value]) => {
    if (!isFile(value)) {
      return [name, goText(value), null, null];
    }
    checkFileData(value.data);
    return [name, chunks.add(value.data), nameText(value.filename), nameText(value.content_type)];
  });
  return http.multipart(parts, chunks.join());
};

// --- what http.post() and its like take ------------------------------------------------------------------------------

const isBytes = (value) => value instanceof ArrayBuffer || ArrayBuffer.isView(value);

const isForm = (value) => typeof value === 'object' && !Array.isArray(value)
  && ![Date, Map, Set].some((constructor) => value instanceof constructor);

// What goes out, null for nothing, and the content type that comes with it.
export const readBody = (body) => {
  if (body === undefined || body === null) {
    return { data: null, type: null };
  }
  if (typeof body === 'string' || body instanceof String) {
    return { data: String(body), type: null };
  }
  if (isBytes(body)) {
    return { data: body, type: null };
  }
  if (!isForm(body) || isFile(body)) {
    throw new GoError(`unknown request body type ${isFile(body) ? '*http.FileData' : goType(body)}`);
  }
  if (Object.values(body).some(isFile)) {
    const { body: data, boundary } = encodeMultipart(body);
    return { data, type: `multipart/form-data; boundary=${boundary}` };
  }
  return { data: encodeForm(body), type: 'application/x-www-form-urlencoded' };
};
