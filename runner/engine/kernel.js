// The kernel: the first JavaScript that runs in an interpreter and the only part that knows how the host is reached.
// It owns op calls and the entry points of the host; the k6 modules (jsbindings/*/face.js) import what they need from it
// under the name "k6py:kernel". Scripts cannot import it. Every virtual user has a copy of it, so that what few of them
// need stands in files of its own beside this one, its parts, which are loaded when they are first asked for.

export const callHost = globalThis.call_python;
export const { native } = globalThis.dukpy;
delete globalThis.call_python;
delete globalThis.dukpy;

// For modules of ours: a script that looks it up makes all globals ordinary (see onRead).
export const { getOwnPropertyDescriptor } = Object;
const { defineProperty } = Reflect;

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

// The host's number of an object that a module made, for other modules (k6/ws takes k6/http's cookie jars); null for none.
let handles = null;
export const setHandle = (object, handle) => {
  handles ??= new WeakMap();
  handles.set(object, handle);
};
export const handleOf = (object) => handles?.get(Object(object)) ?? null;

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

// What the script exports, how its last call ended, and the argument of its calls; then what k6/timers and k6py:events
// register, and others that have something to forget when an iteration begins. The host names timers by number.
export const vu = {
  script: {}, outcome: { __proto__: null }, argument: undefined, fireTimer: null, events: null, leftovers: [],
};

export const fail = (outcome, error, rejected) => {
  outcome.done = true;
  outcome.threw = part('k6py:kernel/stacks').describe(error);
  outcome.rejected = rejected;
};

// The host's calls. They take numbers, texts, ArrayBuffers and undefined, and give undefined, a truth value, a text of JSON
// or what replied() gives. One that runs the script gives true when its outcome is known only after the microtasks: the
// host asks for state() then; and, of k6py:events, a number when there are more macrotasks, for step().
const parse = JSON.parse;
const stringify = JSON.stringify;

export const later = (outcome) => (outcome.done && outcome.threw === undefined ? undefined : true);

export const entries = {
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
  settle(id, answer) {
    part('k6py:kernel/promises').settle(id, answer === undefined ? undefined : parse(answer));
    return later(vu.outcome);
  },
  // The globals of a script: members by their owner and the part that exports them, and what the host sets.
  begin(json) {
    const { members, variables, hasGlobal } = parse(json);
    const owners = { globalThis, 'String.prototype': String.prototype };
    for (const [owner, source, names] of members) {
      onRead(owners[owner], source, names);
    }
    Object.assign(globalThis, variables);
    if (hasGlobal) {
      globalThis.global = globalThis;
    }
  },
  // The host is about to make an ArrayBuffer.
  needTypedArrays() {
    valuesOf(typedArrays);
  },
  // What is called a few times in a virtual user's life, or never.
  rarely: (name, argument) => part('k6py:kernel/rare')[name](argument),
};
globalThis.k6pyEntries = entries;

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
  FinalizationRegistry, GoError, callHost, defineProperty, getOwnPropertyDescriptor, lazy, native, ops, slots, unwrap, vu,
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

// --- members that become what they are when they are first read ------------------------------------------------------

// Owners, and the names of their members.
const unread = [];
let allRead = false;
const readAll = () => {
  allRead = true;
  for (let at = 0; at < unread.length; at += 2) {
    const names = unread[at + 1];
    for (let index = 0; index < names.length; index += 1) {
      void unread[at][names[index]];
    }
  }
};

// What an intrinsic has, by name, once it is there.
const valuesOf = (intrinsic) => {
  if (intrinsic.values === null) {
    part('k6py:kernel/intrinsics').add(intrinsic);
  }
  return intrinsic.values;
};

const read = (owner, name, source) => {
  let value;
  if (typeof source === 'string') {
    value = part(source)[name];
  } else if (source.values !== undefined) {
    return valuesOf(source)[name];
  } else {
    value = source[name];
    if (!allRead) {
      readAll();
    }
  }
  defineProperty(owner, name, {
    __proto__: null, value, writable: true, enumerable: owner === globalThis, configurable: true,
  });
  return value;
};

// Members of `owner`. Their source is the name of the part that exports them; an intrinsic; or an object that has them when
// reading one has to make all others ordinary: scripts cannot tell them from such, because whoever looks up a function that
// would show the accessors finds none.
const onRead = (owner, source, names) => {
  unread.push(owner, names);
  for (const name of names) {
    // One function for both, of which every virtual user has many: there is a value when it is set.
    const { access } = {
      access(...given) {
        const value = read(owner, name, source);
        if (given.length > 0) {
          // Where it is frozen it stays an accessor, and would be called again.
          if (getOwnPropertyDescriptor(owner, name).writable === undefined) {
            throw new TypeError(`'${name}' is read-only`);
          }
          this[name] = given[0];
        }
        return value;
      },
    };
    source.accesses?.push(access);
    const enumerable = owner === globalThis && typeof source === 'string';
    Object.defineProperty(owner, name, { get: access, set: access, enumerable, configurable: true });
  }
};

const hide = (owner, names) => {
  const originals = { __proto__: null };
  for (const name of names) {
    originals[name] = owner[name];
  }
  onRead(owner, originals, names);
};
hide(Object, ['getOwnPropertyDescriptor', 'getOwnPropertyDescriptors']);
hide(Reflect, ['getOwnPropertyDescriptor']);
hide(Object.prototype, ['__lookupGetter__', '__lookupSetter__']);

// What the native door leaves out of a context, for it is a third of one.
const intrinsic = (name, names) => {
  const made = { name, names, accesses: [], values: null };
  onRead(globalThis, made, names);
  return made;
};
const dates = native ? intrinsic('Date', ['Date']) : { values: { now: Date.now } };
const typedArrays = native && intrinsic('TypedArrays', ['ArrayBuffer', 'DataView', 'Int8Array', 'Uint8Array',
  'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array', 'BigInt64Array', 'BigUint64Array',
  'Float32Array', 'Float64Array']);
if (native) {
  intrinsic('MapSet', ['Map', 'Set', 'WeakMap', 'WeakSet']);
}

// Gives Date.now as it was before any script saw it.
export const clock = () => valuesOf(dates).now;
