// The global console: https://grafana.com/docs/k6/latest/javascript-api/ ; formatting as k6 shows values.
// Loaded by lazy().
'use strict';

const host = kernel.ops('k6py:console');

const typedArray = (value) => {
  const items = Array.from(value, String);
  return `${value.constructor.name}(${value.length}) ${items.length ? `[ ${items.join(', ')} ]` : '[]'}`;
};

const arrayBuffer = (value) => {
  const bytes = Array.from(new Uint8Array(value), (byte) => byte.toString(16).padStart(2, '0'));
  return `ArrayBuffer { [Uint8Contents]: <${bytes.join(' ')}>, byteLength: ${value.byteLength} }`;
};

const members = (value, parents) => {
  const inner = [...parents, value];
  if (Array.isArray(value)) {
    const items = Array.from(value, (item) => nested(item, inner));
    return items.length ? `[ ${items.join(', ')} ]` : '[]';
  }
  const items = Object.keys(value).map((key) => `${key}: ${nested(value[key], inner)}`);
  return items.length ? `{ ${items.join(', ')} }` : '{}';
};

const object = (value, parents) => {
  if (parents.includes(value)) {
    return '[Circular]';
  }
  if (value instanceof Error) {
    return String(value);
  }
  if (value instanceof Date) {
    return `"${Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()}"`;
  }
  if (value instanceof ArrayBuffer) {
    return arrayBuffer(value);
  }
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return typedArray(value);
  }
  return members(value, parents);
};

const shown = (value, parents) => {
  switch (typeof value) {
    case 'function':
      return '[object Function]';
    case 'object':
      return value === null ? 'null' : object(value, parents);
    case 'symbol':
      return value.description ?? '';
    default:
      return String(value);
  }
};

const nested = (value, parents) => {
  switch (typeof value) {
    case 'undefined':
      return 'null';
    case 'string':
      return `"${value}"`;
    case 'symbol':
      return `"${value.description ?? ''}"`;
    default:
      return shown(value, parents);
  }
};

const line = (args) => args.map((value) => shown(value, [])).join(' ');

exports.console = {
  log: (...args) => host.write('info', line(args)),
  info: (...args) => host.write('info', line(args)),
  debug: (...args) => host.write('debug', line(args)),
  warn: (...args) => host.write('warning', line(args)),
  error: (...args) => host.write('error', line(args)),
};
