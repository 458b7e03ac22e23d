// A part of the kernel: intrinsics that a context gets when they are first asked for.
'use strict';

// Nothing here looks up a method: a script may have changed it by now.
const { callHost, defineProperty, getOwnPropertyDescriptor, slots, unwrap } = kernel;

// They come with the intrinsics, and k6 has none of them.
const NOT_IN_K6 = ['SharedArrayBuffer', 'Atomics', 'Float16Array'];

const restore = (name, descriptor) => {
  if (descriptor === undefined) {
    delete globalThis[name];
  } else {
    defineProperty(globalThis, name, { __proto__: null, ...descriptor });
  }
};

const descriptorsOf = (names) => {
  const found = { __proto__: null };
  for (let index = 0; index < names.length; index += 1) {
    found[names[index]] = getOwnPropertyDescriptor(globalThis, names[index]);
  }
  return found;
};

// What a script has made of a global before stays as it is.
exports.add = (intrinsic) => {
  const { name: ofQuickJs, names, accesses } = intrinsic;
  const before = descriptorsOf(names);
  const others = descriptorsOf(NOT_IN_K6);
  if (ofQuickJs === 'TypedArrays') {
    // QuickJS ends the process when it finds one in its way.
    delete globalThis.Atomics;
  }
  // Bytes may lie in the slots before them.
  const first = slots.length;
  unwrap(callHost('engine.add_intrinsic', ofQuickJs, names, first));
  const values = { __proto__: null };
  for (let index = 0; index < names.length; index += 1) {
    const name = names[index];
    values[name] = slots[first + index];
    if (before[name]?.get !== accesses[index]) {
      restore(name, before[name]);
    }
  }
  for (let index = 0; index < NOT_IN_K6.length; index += 1) {
    restore(NOT_IN_K6[index], others[NOT_IN_K6[index]]);
  }
  slots.length = first;
  values.now = values.Date?.now;
  intrinsic.values = values;
};
