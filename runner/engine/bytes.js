// A part of the kernel: bytes in the arguments and answers of ops.
'use strict';

const { native, slots } = kernel;

const packText = (buffer) => {
  const even = buffer.byteLength & ~1;
  const units = new Uint16Array(buffer, 0, even >> 1);
  const parts = [buffer.byteLength === even ? '0' : '1'];
  for (let i = 0; i < units.length; i += 8192) {
    parts.push(String.fromCharCode.apply(null, units.subarray(i, i + 8192)));
  }
  if (even !== buffer.byteLength) {
    parts.push(String.fromCharCode(new Uint8Array(buffer)[even]));
  }
  return parts.join('');
};

const unpackText = (text) => {
  const odd = text[0] === '1';
  const units = new Uint16Array(text.length - 1);
  for (let i = 0; i < units.length; i += 1) {
    units[i] = text.charCodeAt(i + 1);
  }
  return odd ? units.buffer.slice(0, units.byteLength - 1) : units.buffer;
};

const exactBuffer = (value) => {
  if (value instanceof ArrayBuffer) {
    return value;
  }
  if (!ArrayBuffer.isView(value)) {
    throw new TypeError(`bytes are wanted (a string, an ArrayBuffer or a view), not ${typeof value}`);
  }
  return value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength);
};

// An argument that the host takes as bytes.
exports.pack = (value) => {
  if (typeof value === 'string' || value === null || value === undefined) {
    return value;
  }
  const buffer = exactBuffer(value);
  if (buffer.detached) {
    throw new TypeError('ArrayBuffer is detached');
  }
  return native ? { slot: slots.push(buffer) - 1 } : { packed: packText(buffer) };
};

// An ArrayBuffer or a view as text that the host reads as bytes.
exports.packed = (value) => packText(exactBuffer(value));

// An answer with bytes in it.
exports.unpack = function unpack(value) {
  if (value === null || typeof value !== 'object') {
    return value;
  }
  if ('$slot' in value) {
    return slots[value.$slot];
  }
  if ('$packed' in value) {
    return unpackText(value.$packed);
  }
  for (const key of Object.keys(value)) {
    value[key] = unpack(value[key]);
  }
  return value;
};
