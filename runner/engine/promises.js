// A part of the kernel: promises that the host will settle, by its numbers.
'use strict';

const { unwrap, vu } = kernel;
const pending = new Map();

vu.leftovers.push(() => pending.clear());

// Of an op that starts something and gives its number, a function that gives a promise.
exports.bind = (start) => (...args) => new Promise((resolve, reject) => {
  pending.set(start(...args), { resolve, reject });
});

exports.settle = (id, answer) => {
  const { resolve, reject } = pending.get(id);
  pending.delete(id);
  try {
    resolve(unwrap(answer));
  } catch (error) {
    reject(error);
  }
};

// The call behind `outcome` ends when `promise` does.
exports.settleLater = (outcome, promise, fail) => {
  promise.then((value) => {
    outcome.done = true;
    outcome.value = value;
  }, (error) => fail(outcome, error, true));
};
