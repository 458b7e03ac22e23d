// The kernel: the first JavaScript that runs in an interpreter and the only part that knows how the host is reached.
// It owns op calls and the entry points of the host; the k6 modules (jsbindings/*/face.js) import what they need from it
// under the name "k6py:kernel". Scripts cannot import it. Every virtual user has a copy of it, so that what few of them
// need stands in files of its own beside this one, its parts, which are loaded when they are first asked for.

export const callHost = globalThis.call_python;
const { native } = globalThis.dukpy;
delete globalThis.call_python;
delete globalThis.dukpy;

// For modules of ours: a script that looks it up makes all globals ordinary (see onRead).
export const { getOwnPropertyDescriptor } = Object;

// --- errors ----------------------------------------------------------------------------------------------------------

// k6's own name for what its modules throw; part of what scripts see (e.name, String(e)).
export class GoError extends Error {}
Object.defineProperty(GoError.prototype, 'name', { value: 'GoError', writable: true, configurable: true });

const errorClasses = { Error, GoError, TypeError, RangeError, SyntaxError, ReferenceError };

// QuickJS drops an interruption that comes while it runs the hook, and a script that throws all the time would run on
// and on. So hooks that did not come to their end are counted, and after some the hook takes itself out.
const { set: setHook } = getOwnPropertyDescriptor(Error, 'prepareStackTrace');
const UNFINISHED_MAX = 20;
let unfinished = 0;

// QuickJS keeps the hook inside its context, so it goes on working after the property is hidden from scripts.
setHook.call(Error, (error, sites) => {
  unfinished += 1;
  if (unfinished > UNFINISHED_MAX) {
    setHook.call(Error, undefined);
  }
  const text = part('k6py:kernel/stacks').stackOf(error, sites);
  unfinished -= 1;
  return text;
});

// --- ops -------------------------------------------------------------------------------------------------------------

// ArrayBuffers that cross with the current call. With the native door the host reads and writes this array directly.
const slots = [];
globalThis.k6pySlots = slots;

// Read once: each call of an op would look it up in the global object, and a script could put another one there.
const { isArray } = Array;

// The one place where a host error becomes a JavaScript one. An answer is undefined, [value], [value with bytes, 1]
// or an object that describes an error.
export const unwrap = (answer) => {
  if (answer === undefined) {
    return undefined;
  }
  if (isArray(answer)) {
    if (answer.length === 1) {
      return answer[0];
    }
    const value = part('k6py:kernel/bytes').unpack(answer[0]);
    slots.length = 0;
    return value;
  }
  while (answer === 'spin') {
    // The script was interrupted and would not stop: only here can it be cut off for certain.
  }
  throw new (errorClasses[answer.error] ?? Error)(answer.message);
};

// What a module has put off saying to the host, to say more at once; null for nothing. It has to be said before anything
// else is. Whoever says it himself, as part of something else, takes it out first.
export const putOff = { say: null };
export const sayWhatWasPutOff = () => {
  const { say } = putOff;
  putOff.say = null;
  say();
};

// Rest arguments and `arguments` cost more than the rest of a call together: the ops that are called most have few.
const bindPlain = (name, arity) => {
  switch (arity) {
    case 1: return (only) => {
      while (putOff.say !== null) {
        sayWhatWasPutOff();
      }
      return unwrap(callHost(name, only));
    };
    case 2: return (first, second) => {
      while (putOff.say !== null) {
        sayWhatWasPutOff();
      }
      return unwrap(callHost(name, first, second));
    };
    default: return (...all) => {
      while (putOff.say !== null) {
        sayWhatWasPutOff();
      }
      return unwrap(callHost(name, ...all));
    };
  }
};

const bindWithBytes = (name, byteArguments) => (...args) => {
  while (putOff.say !== null) {
    sayWhatWasPutOff();
  }
  for (const index of byteArguments) {
    args[index] = part('k6py:kernel/bytes').pack(args[index]);
  }
  try {
    return unwrap(callHost(name, ...args));
  } finally {
    slots.length = 0;
  }
};

// The ops of one binding, as functions.
export const ops = (module) => {
  const table = {};
  for (const [verb, arity, byteArguments, isPromise] of unwrap(callHost('engine.ops', module))) {
    const name = `${module}.${verb}`;
    const call = byteArguments.length > 0 ? bindWithBytes(name, byteArguments) : bindPlain(name, arity);
    table[verb] = isPromise ? part('k6py:kernel/promises').bind(call) : call;
  }
  return table;
};

// Macrotasks that an event made of itself, and messages that crossed together with the one that is handled now. All
// microtasks run between two of them.
let extraMacrotasks = null;
export const runNext = (macrotasks) => {
  if (macrotasks.length > 0) {
    extraMacrotasks = [...(extraMacrotasks ?? []), ...macrotasks];
  }
};
let messages = null;
export const unheardMessages = () => (messages === null ? 0 : messages.texts.length - messages.position);

const forgetEvents = () => {
  extraMacrotasks = null;
  messages = null;
};

// The host's number of an object that a module made, for other modules (k6/ws takes k6/http's cookie jars).
export const handles = new WeakMap();

// --- parts -----------------------------------------------------------------------------------------------------------

const parts = { __proto__: null };

const partFunction = (name) => {
  // Bytes may lie in the slots before it.
  const compiled = unwrap(callHost('engine.part', name, slots.length));
  return native ? slots.pop() : new Function('exports', 'kernel', compiled);
};

// A part of the kernel or of a face that most scripts never need: it becomes JavaScript when it is first asked for. Unlike
// a module it can be loaded at any time, within a call; its code finds `exports` and, as `kernel`, what it would import
// from here.
const part = (name) => {
  let exports = parts[name];
  if (exports === undefined) {
    exports = {};
    parts[name] = exports;
    try {
      partFunction(name)(exports, kernel);
    } catch (error) {
      // The iteration was cut off just now: the next one tries again.
      delete parts[name];
      throw error;
    }
  }
  return exports;
};
export const lazy = (name) => () => part(name);

// Called by the modules that the host makes of CommonJS files.
export const commonjs = (url) => part('k6py:kernel/commonjs').commonjs(url);

// --- entry points ----------------------------------------------------------------------------------------------------

// What the script exports, how its last call ended, and the argument of its calls; then what k6/timers registers, and
// others that have something to forget when an iteration begins. The host names timers by number.
export const vu = {
  script: {}, outcome: { __proto__: null }, argument: undefined, fireTimer: null, leftovers: [],
};

const fail = (outcome, error, rejected) => {
  outcome.done = true;
  outcome.threw = part('k6py:kernel/stacks').describe(error);
  outcome.rejected = rejected;
};

// The host's calls. They take numbers, texts, ArrayBuffers and undefined, and give undefined, a truth value, a text of JSON
// or what replied() gives. One that runs the script gives true when its outcome is known only after the microtasks: the
// host asks for state() then; and a number when there are more macrotasks, for step().
const parse = JSON.parse;
const stringify = JSON.stringify;

const later = (outcome) => (outcome.done && outcome.threw === undefined ? undefined : true);

// What an event's macrotask gives; a number tells that there are more.
const afterEvent = () => (extraMacrotasks !== null || messages !== null ? 1 : later(vu.outcome));

// The same when it threw.
export const failed = (error) => {
  fail(vu.outcome, error, false);
  forgetEvents();
  return true;
};

const entries = {
  __proto__: null,
  // The host takes it back while it knows that the script has never made a promise.
  mayHaveMicrotasks: true,
  state() {
    const { done, threw, rejected } = vu.outcome;
    return stringify({ done, threw, rejected });
  },
  // Nothing stands between this and the script: each call in between would be 1.6 KiB of a parked VU's stack. `json` is
  // given once: what one iteration changes in setup's data, the VU's next ones see (as in k6).
  run(name, iteration, json) {
    globalThis.__ITER = iteration;
    forgetEvents();
    const { leftovers } = vu;
    for (let index = 0; index < leftovers.length; index += 1) {
      leftovers[index]();
    }
    // A promise that outlives its iteration writes to that iteration's outcome, not to the next one's. It has nothing but
    // its own members, whatever a script does to Object.prototype.
    const outcome = { __proto__: null };
    vu.outcome = outcome;
    try {
      if (json !== undefined) {
        vu.argument = parse(json);
      }
      const { script } = vu;
      const value = script[name](vu.argument);
      if (value instanceof Promise) {
        part('k6py:kernel/promises').settleLater(outcome, value, fail);
      } else {
        outcome.done = true;
        outcome.value = value;
      }
    } catch (error) {
      fail(outcome, error, false);
    }
    return later(outcome);
  },
  fire(id) {
    try {
      vu.fireTimer(id);
    } catch (error) {
      fail(vu.outcome, error, false);
    }
    return later(vu.outcome);
  },
  // The next macrotask of what has crossed.
  step() {
    if (extraMacrotasks === null) {
      return nextMessage();
    }
    const [next, ...others] = extraMacrotasks;
    extraMacrotasks = null;
    runNext(others);
    try {
      next();
    } catch (error) {
      return failed(error);
    }
    return afterEvent();
  },
  settle(id, answer) {
    part('k6py:kernel/promises').settle(id, answer === undefined ? undefined : parse(answer));
    return later(vu.outcome);
  },
  // What is called a few times in a virtual user's life, or never.
  rarely: (name, argument) => part('k6py:kernel/rare')[name](argument),
};
globalThis.k6pyEntries = entries;

// What a module does with one event of the host: a macrotask, in which its binding's words arrive.
export const onEvent = (module, receive) => {
  entries[`deliver ${module}`] = (answer) => {
    try {
      receive(unwrap(parse(answer)));
    } catch (error) {
      return failed(error);
    }
    return afterEvent();
  };
};

// The same for events that come by the thousand. What it is given are no words but a number and a text or an ArrayBuffer,
// it must not throw, and it gives what replied() or failed() gave.
export const onMessage = (module, receive) => {
  entries[`message ${module}`] = native
    ? receive
    : (number, data) => receive(number, part('k6py:kernel/bytes').unpack(data));
  entries[`messages ${module}`] = (number, json) => {
    messages = { receive, number, texts: parse(json)[0], position: 0 };
    return nextMessage();
  };
};

// One message, or all of them when there cannot be microtasks between two.
const nextMessage = () => {
  const { receive, number, texts } = messages;
  let told;
  do {
    const { position } = messages;
    if (position + 1 === texts.length) {
      messages = null;
    } else {
      messages.position = position + 1;
    }
    told = receive(number, texts[position]);
  } while (messages !== null && !entries.mayHaveMicrotasks && extraMacrotasks === null);
  return told;
};

// Ends the macrotask of a message. `reply` is a text that was put off, undefined for none: the host takes it with the
// return, unless there is more to learn or microtasks may say something before it gets there.
export const replied = (reply) => {
  const { outcome } = vu;
  const isAll = extraMacrotasks === null && messages === null && outcome.done && outcome.threw === undefined;
  if (isAll && reply !== undefined && !entries.mayHaveMicrotasks) {
    putOff.say = null;
    return reply;
  }
  while (putOff.say !== null) {
    sayWhatWasPutOff();
  }
  return afterEvent();
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

// What parts find as `kernel`.
const kernel = {
  FinalizationRegistry, GoError, callHost, forgetEvents, lazy, native, ops, slots, unheardMessages, unwrap, vu,
};

// --- the global object -----------------------------------------------------------------------------------------------

delete Error.prepareStackTrace;
delete Error.captureStackTrace;
delete Error.stackTraceLimit;
delete Error.isError;

// QuickJS has these and k6 has not: scripts and polyfills test for them.
for (const name of ['queueMicrotask', 'performance', 'WeakRef', 'FinalizationRegistry', 'SharedArrayBuffer', 'Atomics',
  'Iterator', 'DOMException', 'InternalError', 'Float16Array']) {
  delete globalThis[name];
}

globalThis.GoError = GoError;
globalThis.__ITER = undefined;

// --- members that become JavaScript when they are first read ---------------------------------------------------------

// Owner, name and source of each, one after the other. The source is the name of a part, which exports the member, or
// the member itself when reading it has to make all the others ordinary: scripts cannot tell them from such, because
// whoever looks up a function that would show the accessors finds none.
const members = [];
let allRead = false;

const become = (at, object, value) => Reflect.defineProperty(object, members[at + 1], {
  value,
  writable: true,
  enumerable: members[at] === globalThis || object !== members[at],
  configurable: true,
});

const readAll = () => {
  allRead = true;
  for (let at = 0; at < members.length; at += 3) {
    void members[at][members[at + 1]];
  }
};

const read = (at) => {
  let value = members[at + 2];
  if (typeof value === 'string') {
    value = part(value)[members[at + 1]];
  } else if (!allRead) {
    readAll();
  }
  become(at, members[at], value);
  return value;
};

// Members of `owner`, by the part that exports them.
export const onRead = (owner, source, names) => {
  for (const name of names) {
    const at = members.push(owner, name, source ?? owner[name]) - 3;
    Object.defineProperty(owner, name, {
      get: () => read(at),
      set(value) {
        if (!become(at, this, value)) {
          throw new TypeError(`'${members[at + 1]}' is read-only`);
        }
      },
      enumerable: owner === globalThis,
      configurable: true,
    });
  }
};

onRead(Object, null, ['getOwnPropertyDescriptor', 'getOwnPropertyDescriptors']);
onRead(Reflect, null, ['getOwnPropertyDescriptor']);
onRead(Object.prototype, null, ['__lookupGetter__', '__lookupSetter__']);
