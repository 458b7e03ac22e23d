// The kernel: the first JavaScript that runs in an interpreter and the only part that knows how the host is reached.
// It owns op calls, the entry points of the host, error descriptions and CommonJS; the k6 modules (jsbindings/*/face.js)
// import what they need from it under the name "k6py:kernel". Scripts cannot import it.

const callHost = globalThis.call_python;
const { native } = globalThis.dukpy;
delete globalThis.call_python;
delete globalThis.dukpy;

// --- errors ----------------------------------------------------------------------------------------------------------

// k6's own name for what its modules throw; part of what scripts see (e.name, String(e)).
export class GoError extends Error {}
Object.defineProperty(GoError.prototype, 'name', { value: 'GoError', writable: true, configurable: true });

const errorClasses = { Error, GoError, TypeError, RangeError, SyntaxError, ReferenceError };

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
  if (line === 1 && commonjsModules.has(file)) {
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

// QuickJS drops an interruption that comes while it runs the hook, and a script that throws all the time would run on
// and on. So hooks that did not come to their end are counted, and after some the hook takes itself out.
const { set: setHook } = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
const UNFINISHED_MAX = 20;
let unfinished = 0;

// QuickJS keeps the hook inside its context, so it goes on working after the property is hidden from scripts.
let callSites = null;
setHook.call(Error, (error, sites) => {
  if (callSites !== null) {
    callSites = sites;
    return '';
  }
  unfinished += 1;
  if (unfinished > UNFINISHED_MAX) {
    setHook.call(Error, undefined);
  }
  const text = `${firstLine(error)}\n${sites.map(frame).join('')}`;
  unfinished -= 1;
  return text;
});
delete Error.prepareStackTrace;
delete Error.captureStackTrace;
delete Error.stackTraceLimit;
delete Error.isError;

// The URL of the script file whose code is calling: relative paths of open() and require() start there.
export const callingFile = () => {
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
const describe = (thrown) => {
  const text = firstLine(thrown);
  const stack = thrown instanceof Error && typeof thrown.stack === 'string' ? thrown.stack : '';
  const at = stack.indexOf('\tat ');
  return { text, stack: at === -1 ? '' : stack.slice(at) };
};

// --- ops -------------------------------------------------------------------------------------------------------------

// ArrayBuffers that cross with the current call. With the native door the host reads and writes this array directly.
const slots = [];
globalThis.k6pySlots = slots;

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

const pack = (value) => {
  if (typeof value === 'string' || value === null || value === undefined) {
    return value;
  }
  const buffer = exactBuffer(value);
  if (buffer.detached) {
    throw new TypeError('ArrayBuffer is detached');
  }
  return native ? { slot: slots.push(buffer) - 1 } : { packed: packText(buffer) };
};

const unpack = (value) => {
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

// The one place where a host error becomes a JavaScript one. An answer is undefined, [value], [value with bytes, 1]
// or an object that describes an error.
const unwrap = (answer) => {
  if (answer === undefined) {
    return undefined;
  }
  if (Array.isArray(answer)) {
    if (answer.length === 1) {
      return answer[0];
    }
    const value = unpack(answer[0]);
    slots.length = 0;
    return value;
  }
  while (answer === 'spin') {
    // The script was interrupted and would not stop: only here can it be cut off for certain.
  }
  throw new (errorClasses[answer.error] ?? Error)(answer.message);
};

// What a module has put off saying to the host, to say more at once. It has to be said before anything else is.
let postponed = null;
export const postpone = (say) => {
  postponed = say;
};
const sayPostponed = () => {
  const say = postponed;
  postponed = null;
  say();
};

// Rest and spread arguments cost more than the rest of a call together: the ops that are called most have few.
const bindPlain = (name) => function call(first, second) {
  if (postponed !== null) {
    sayPostponed();
  }
  switch (arguments.length) {
    case 0: return unwrap(callHost(name));
    case 1: return unwrap(callHost(name, first));
    case 2: return unwrap(callHost(name, first, second));
    default: return unwrap(callHost(name, ...arguments));
  }
};

const bind = (name, byteArguments) => {
  if (byteArguments.length === 0) {
    return bindPlain(name);
  }
  return (...args) => {
    if (postponed !== null) {
      sayPostponed();
    }
    for (const index of byteArguments) {
      args[index] = pack(args[index]);
    }
    try {
      return unwrap(callHost(name, ...args));
    } finally {
      slots.length = 0;
    }
  };
};

// Promises that the host will settle, by its numbers.
const promises = new Map();

const bindPromise = (name, byteArguments) => {
  const start = bind(name, byteArguments);
  return (...args) => new Promise((resolve, reject) => {
    promises.set(start(...args), { resolve, reject });
  });
};

// The ops of one binding, as functions.
export const ops = (module) => {
  const table = {};
  for (const [verb, byteArguments, isPromise] of unwrap(callHost('engine.ops', module))) {
    table[verb] = (isPromise ? bindPromise : bind)(`${module}.${verb}`, byteArguments);
  }
  return table;
};

// Events that wait for their turn, and macrotasks that an event made of itself, which go first. All microtasks run
// between two of them.
let receive = null;
let events = [];
let position = 0;
let extraMacrotasks = [];
export const runNext = (macrotasks) => extraMacrotasks.push(...macrotasks);

// What has crossed already and is still to come.
export const waitingEvents = () => events.slice(position);

const forgetEvents = () => {
  events = [];
  position = 0;
  extraMacrotasks = [];
};

// The host's number of an object that a module made, for other modules (k6/ws takes k6/http's cookie jars).
export const handles = new WeakMap();

// Calls `action` some time after nobody refers to `object` any more; the host has no other way to know.
const registry = new FinalizationRegistry((action) => action());
export const onForgotten = (object, action) => registry.register(object, action);

// --- parts of faces --------------------------------------------------------------------------------------------------

const parts = new Map();

const partFunction = (name) => {
  const compiled = unwrap(callHost('engine.part', name));
  if (!native) {
    return new Function('exports', 'kernel', compiled);
  }
  const value = slots[0];
  slots.length = 0;
  return value;
};

// A part of a face that most scripts never need: it becomes JavaScript when it is first asked for. Unlike a module it
// can be loaded at any time, within a call; its code finds `exports` and, as `kernel`, what it would import from here.
export const lazy = (name) => () => {
  let exports = parts.get(name);
  if (exports === undefined) {
    exports = {};
    parts.set(name, exports);
    try {
      partFunction(name)(exports, { GoError, lazy, ops });
    } catch (error) {
      // The iteration was cut off just now: the next one tries again.
      parts.delete(name);
      throw error;
    }
  }
  return exports;
};

// --- CommonJS --------------------------------------------------------------------------------------------------------

const commonjsModules = new Map();
// URLs of the CommonJS files that are running their top level, the innermost last.
const evaluating = [];
let delivered;
let thrownInModule;

// Called by the module that the host evaluates for a require(): it hands over the namespace.
export const deliver = (namespace) => {
  delivered = namespace;
};

const requireFrom = (base, specifier) => {
  const { url, commonjs: isCommonjs } = unwrap(callHost('engine.resolve', base, specifier));
  if (isCommonjs) {
    return commonjs(url);
  }
  thrownInModule = undefined;
  try {
    unwrap(callHost('engine.import', url));
  } catch (error) {
    throw thrownInModule ?? error;
  }
  return delivered;
};

export function require(specifier) {
  return requireFrom(callingFile(), String(specifier));
}

const compile = (url) => {
  const compiled = unwrap(callHost('engine.compile', url));
  if (!native) {
    return new Function('exports', 'require', 'module', compiled);
  }
  const value = slots[0];
  slots.length = 0;
  if (compiled === 'threw') {
    throw value;
  }
  return value;
};

// Runs a CommonJS file once and returns its exports; importing and requiring share the same module object.
export const commonjs = (url) => {
  let module = commonjsModules.get(url);
  if (module === undefined) {
    module = { exports: {}, id: url };
    commonjsModules.set(url, module);
    const requireHere = (specifier) => requireFrom(url, String(specifier));
    evaluating.push(url);
    try {
      compile(url).call(module.exports, module.exports, requireHere, module);
    } catch (error) {
      // The exception must reach a require() around this as it is, not as the host's copy of its text.
      thrownInModule = error;
      commonjsModules.delete(url);
      throw error;
    } finally {
      evaluating.pop();
    }
  }
  return module.exports;
};

// --- entry points ----------------------------------------------------------------------------------------------------

let script = {};
let outcome = { __proto__: null };
let setupData;
let fireTimer = null;
let forgetTimers = () => {};
let describeResult = null;

// Called by the module that imports the script when all of it has run.
export const loaded = (namespace, isCommonjs) => {
  script = isCommonjs ? namespace.default : namespace;
  outcome.done = true;
};

// k6/timers registers how a timer fires; the host names timers by number.
export const onTimer = (fire, forget) => {
  fireTimer = fire;
  forgetTimers = forget;
};

// The module that knows what k6 makes of setup's data registers how.
export const onResult = (describe) => {
  describeResult = describe;
};

// Of nothing but its own members, whatever a script does to Object.prototype.
const newOutcome = () => ({ __proto__: null });

const settle = (its, value) => {
  its.done = true;
  its.value = value;
};

const fail = (its, error, rejected) => {
  its.done = true;
  its.threw = describe(error);
  its.rejected = rejected;
};

const guard = (action) => {
  try {
    action();
  } catch (error) {
    fail(outcome, error, false);
  }
  return outcome;
};

// A promise that outlives its iteration writes to that iteration's outcome, not to the next one's.
const call = (action) => {
  const its = newOutcome();
  outcome = its;
  return guard(() => {
    const result = action();
    if (result instanceof Promise) {
      result.then((value) => settle(its, value), (error) => fail(its, error, true));
    } else {
      settle(its, result);
    }
  });
};

// The host's calls. They take numbers, texts and undefined, and give undefined, a truth value or a text of JSON. One
// that runs the script gives true when its outcome is known only after the microtasks: the host asks for state() then.
const parse = JSON.parse;
const stringify = JSON.stringify;

const later = (its) => (its.done && its.threw === undefined ? undefined : true);

const entries = {
  __proto__: null,
  begin() {
    outcome = newOutcome();
    forgetEvents();
  },
  // What follows is not to be taken for the failure that has been told already.
  calm() {
    outcome.threw = undefined;
    outcome.rejected = undefined;
    forgetEvents();
  },
  state: () => stringify({ done: outcome.done, threw: outcome.threw, rejected: outcome.rejected }),
  exports() {
    const names = Object.keys(script);
    return stringify({
      functions: names.filter((name) => typeof script[name] === 'function'),
      others: names.filter((name) => typeof script[name] !== 'function'),
    });
  },
  // Parsed once per VU: what one iteration changes in the data, the VU's next ones see (as in k6).
  setupData(json) {
    setupData = json === undefined ? undefined : parse(json);
  },
  run(name, iteration) {
    globalThis.__ITER = iteration;
    forgetTimers();
    promises.clear();
    forgetEvents();
    return later(call(() => script[name](setupData)));
  },
  fire: (id) => later(guard(() => fireTimer(id))),
  settle(id, answer) {
    const { resolve, reject } = promises.get(id);
    promises.delete(id);
    try {
      resolve(unwrap(answer === undefined ? undefined : parse(answer)));
    } catch (error) {
      reject(error);
    }
    return later(outcome);
  },
  // The next macrotask; a number tells that there are more.
  step() {
    try {
      if (extraMacrotasks.length > 0) {
        extraMacrotasks.shift()();
      } else if (position < events.length) {
        position += 1;
        receive(events[position - 1]);
      }
    } catch (error) {
      fail(outcome, error, false);
      forgetEvents();
    }
    return position < events.length || extraMacrotasks.length > 0 ? 1 : later(outcome);
  },
  // handleSummary(): the data as JSON; its result is taken with files().
  summarise: (json) => later(call(() => script.handleSummary(parse(json)))),
  // What handleSummary() gave: null for nothing, false for no object, otherwise contents by path; a content that is
  // neither text nor bytes is null.
  files() {
    const { value } = outcome;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return stringify((value ?? null) === null ? null : false);
    }
    return stringify(Object.entries(value).map(([path, content]) => [path, typeof content === 'string'
      ? { text: content }
      : content instanceof ArrayBuffer || ArrayBuffer.isView(content) ? { packed: packText(exactBuffer(content)) } : null]));
  },
  // The value that the last run() gave, and the script's options: as JSON, or what in it has no JSON.
  result: () => stringify(describeResult(outcome.value)),
  options: () => stringify(describeResult(script.options ?? undefined)),
  // The exception in slot 0.
  describeSlot() {
    const thrown = slots[0];
    slots.length = 0;
    return stringify(describe(thrown));
  },
  // k6's compatibility mode "extended".
  defineGlobal() {
    globalThis.global = globalThis;
  },
  variables(json) {
    const values = parse(json);
    for (const name of Object.keys(values)) {
      globalThis[name] = values[name];
    }
  },
};
globalThis.k6pyEntries = entries;

// What a module does with one event of the host: a macrotask, in which its binding's words arrive.
export const onEvent = (module, receiver) => {
  entries[`deliver ${module}`] = (answer) => {
    receive = receiver;
    events = unwrap(parse(answer));
    position = 0;
    return entries.step();
  };
};

if (!native) {
  Object.defineProperty(globalThis, Symbol.for('k6py.enter'), {
    value() {
      const [name, ...args] = globalThis.dukpy;
      delete globalThis.dukpy;
      delete globalThis.call_python;
      return entries[name](...args.map((value) => value ?? undefined));
    },
  });
}

// --- the global object -----------------------------------------------------------------------------------------------

// QuickJS has these and k6 has not: scripts and polyfills test for them.
for (const name of ['queueMicrotask', 'performance', 'WeakRef', 'FinalizationRegistry', 'SharedArrayBuffer', 'Atomics',
  'Iterator', 'DOMException', 'InternalError', 'Float16Array']) {
  delete globalThis[name];
}
globalThis.GoError = GoError;
globalThis.__ITER = undefined;
