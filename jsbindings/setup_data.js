// What becomes of the value that setup() returns: k6 exports it to Go and writes it as JSON. Loaded when there is one.
import { vu } from 'k6py:kernel';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

const base64 = (bytes) => {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const [a, b, c] = [bytes[i], bytes[i + 1], bytes[i + 2]];
    text += ALPHABET[a >> 2] + ALPHABET[((a & 3) << 4) | (b >> 4)];
    text += b === undefined ? '=' : ALPHABET[((b & 15) << 2) | (c >> 6)];
    text += c === undefined ? '=' : ALPHABET[c & 63];
  }
  return text;
};

class Refusal extends Error {}

const refuse = (what, path) => {
  throw new Refusal(path.length ? `${what} in ${path.join('.')}` : what);
};

const finite = (value, path) => (Number.isFinite(value) ? value : refuse(String(value), path));

const dateText = (date) => (Number.isNaN(date.getTime()) ? null : date.toISOString().replace(/\.?0*Z$/, 'Z'));

const members = (value, path, parents) => {
  const inner = [...parents, value];
  const convert = (item, key) => converted(item, [...path, key], inner);
  if (value instanceof Map || value instanceof Set || Array.isArray(value)) {
    return Array.from(value, convert);
  }
  if (value instanceof Uint8Array || value instanceof Uint8ClampedArray) {
    return base64(value);
  }
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return Array.from(value, convert);
  }
  // Without a prototype, so that a member called __proto__ is one. Go sorts the keys.
  const copy = Object.create(null);
  for (const key of Object.keys(value).sort()) {
    copy[key] = convert(value[key], key);
  }
  return copy;
};

const object = (value, path, parents) => {
  if (parents.includes(value)) {
    refuse('a reference back to an object around it', path);
  }
  if (value instanceof Date) {
    return dateText(value);
  }
  if (value instanceof Number || value instanceof String || value instanceof Boolean) {
    return converted(value.valueOf(), path, parents);
  }
  return members(value, path, parents);
};

const converted = (value, path, parents) => {
  switch (typeof value) {
    case 'undefined':
      return null;
    case 'number':
      return finite(value, path);
    case 'bigint':
      return finite(Number(value), path);
    case 'symbol':
      return value.description ?? '';
    case 'function':
      return refuse('a function', path);
    case 'object':
      return value === null ? null : object(value, path, parents);
    default:
      return value;
  }
};

vu.describeResult = (value) => {
  try {
    return { json: value === undefined ? undefined : JSON.stringify(converted(value, [], [])) };
  } catch (error) {
    if (error instanceof Refusal) {
      return { refused: error.message };
    }
    throw error;
  }
};
