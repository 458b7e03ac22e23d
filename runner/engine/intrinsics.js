// A part of the kernel: intrinsics that a context gets when a script first reads one of their globals.
'use strict';

const { callHost, getOwnPropertyDescriptor, keepNow, unwrap } = kernel;

// They come with the intrinsics, and k6 has none of them.
const NOT_IN_K6 = ['SharedArrayBuffer', 'Atomics', 'Float16Array'];

// Only an accessor that waits for its intrinsic has one function for both.
const isWaiting = (descriptor) => !('writable' in descriptor) && descriptor.get === descriptor.set;

// What a script has made of a global before stays as it is.
exports.add = ({ intrinsic, names }) => {
  const before = [...names, ...NOT_IN_K6].map((name) => [name, getOwnPropertyDescriptor(globalThis, name)]);
  if (intrinsic === 'TypedArrays') {
    // QuickJS ends the process when it finds one in its way.
    delete globalThis.Atomics;
  }
  unwrap(callHost('engine.add_intrinsic', intrinsic));
  if (intrinsic === 'Date') {
    keepNow();
  }
  for (const [name, descriptor] of before) {
    if (descriptor === undefined) {
      delete globalThis[name];
    } else if (!isWaiting(descriptor)) {
      Object.defineProperty(globalThis, name, descriptor);
    }
  }
};
