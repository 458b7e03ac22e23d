// A part of the kernel: stack traces as k6 writes them, and what the host logs of a thrown value.
'use strict';

const { callHost, lazy, native } = kernel;
const commonjs = lazy('k6py:kernel/commonjs');

const firstLine = (error) => {
  try {
    return String(error);
  } catch {
    return Object.prototype.toString.call(error);
  }
};

// What the host writes before the code of a CommonJS file, on its first line.
const COMMONJS_HEAD = '(function (exports, require, module) {';

const frame = (site) => {
  const file = site.getFileName();
  if (!file || !file.startsWith('file:')) {
    return '';
  }
  let line = site.getLineNumber();
  let column = site.getColumnNumber();
  if (line === 1 && commonjs().modules.has(file)) {
    column -= COMMONJS_HEAD.length;
    if (column < 1) {
      // The ES module around the file.
      return '';
    }
  }
  if (/\.[cm]?ts$/.test(file)) {
    [line, column] = callHost('engine.original_position', file, line, column)?.[0] ?? [line, column];
  }
  const name = site.getFunctionName();
  return name ? `\tat ${name} (${file}:${line}:${column})\n` : `\tat ${file}:${line}:${column}\n`;
};

let callSites = null;

exports.stackOf = (error, sites) => {
  if (callSites !== null) {
    callSites = sites;
    return '';
  }
  return `${firstLine(error)}\n${sites.map(frame).join('')}`;
};

// The URL of the script file whose code is calling: relative paths of open() and require() start there.
exports.callingFile = () => {
  const { evaluating } = commonjs();
  if (!native && evaluating.length > 0) {
    // Without the native door, frames of CommonJS files have no name.
    return evaluating.at(-1);
  }
  callSites = [];
  new Error().stack;
  const files = callSites.map((site) => site.getFileName());
  callSites = null;
  return files.find((file) => file && file.startsWith('file:')) ?? '';
};

// What the host logs of a thrown value: its text, and the script's frames if it has any.
exports.describe = (thrown) => {
  const text = firstLine(thrown);
  const stack = thrown instanceof Error && typeof thrown.stack === 'string' ? thrown.stack : '';
  const at = stack.indexOf('\tat ');
  return { text, stack: at === -1 ? '' : stack.slice(at) };
};
