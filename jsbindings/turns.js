// What settles at once runs on microtasks alone: a loop that awaits it would keep timers and other virtual users from
// their turn. So every so often it waits for a macrotask. Loaded by lazy().
'use strict';

const EVERY = 64;

// Gives a function that passes on a value, and sometimes a promise of it; `pause` is an op that settles a promise.
exports.turns = (pause) => {
  let count = 0;
  return (value) => {
    count = (count + 1) % EVERY;
    return count === 0 ? pause().then(() => value) : value;
  };
};
