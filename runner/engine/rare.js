// A part of the kernel: what is called a few times in a virtual user's life, or never.
'use strict';

const { lazy, slots, vu } = kernel;
const bytes = lazy('k6py:kernel/bytes');
const stacks = lazy('k6py:kernel/stacks');
const stringify = JSON.stringify;

// Globals that the host sets.
exports.variables = (json) => {
  Object.assign(globalThis, JSON.parse(json));
};

exports.exports = () => {
  const { script } = vu;
  const names = Object.keys(script);
  return stringify({
    functions: names.filter((name) => typeof script[name] === 'function'),
    others: names.filter((name) => typeof script[name] !== 'function'),
  });
};

// What follows is not to be taken for the failure that has been told already.
exports.calm = () => {
  vu.outcome.threw = undefined;
  vu.outcome.rejected = undefined;
  vu.events?.forget();
};

// How many messages have crossed that the script has not been told of.
exports.unheard = () => stringify(vu.events?.unheardMessages() ?? 0);

// What handleSummary() gave: null for nothing, false for no object, otherwise contents by path; a content that is
// neither text nor bytes is null.
exports.files = () => {
  const { value } = vu.outcome;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return stringify((value ?? null) === null ? null : false);
  }
  return stringify(Object.entries(value).map(([path, content]) => [path, typeof content === 'string'
    ? { text: content }
    : content instanceof ArrayBuffer || ArrayBuffer.isView(content) ? { packed: bytes().packed(content) } : null]));
};

// The value that the last run() gave, and the script's options: as JSON, or what in it has no JSON.
exports.result = () => stringify(vu.describeResult(vu.outcome.value));
exports.options = () => stringify(vu.describeResult(vu.script.options ?? undefined));

// The exception in slot 0.
exports.describeSlot = () => {
  const thrown = slots[0];
  slots.length = 0;
  return stringify(stacks().describe(thrown));
};
