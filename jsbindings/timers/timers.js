// The functions of k6/timers, which are globals, too: https://grafana.com/docs/k6/latest/javascript-api/k6-timers/
// Loaded by lazy().
'use strict';

const { ops, vu } = kernel;
const timers = ops('k6/timers');
// By number. A Map would be one more thing that a virtual user has to have.
let pending = { __proto__: null };

const start = (name, callback, delay, args, repeats) => {
  if (typeof callback !== 'function') {
    throw new TypeError(`${name}'s callback isn't a callable function`);
  }
  const milliseconds = delay === undefined ? 0 : Number(delay);
  // JSON has no NaN: null stands for a delay that is no number.
  const id = timers.start(name, Number.isNaN(milliseconds) ? null : milliseconds > 0 ? milliseconds : 0, repeats);
  pending[id] = { callback, args, repeats };
  return id;
};

const clear = (id) => {
  if (typeof id === 'number' && pending[id] !== undefined) {
    delete pending[id];
    timers.clear(id);
  }
};

const setTimeout = (callback, delay, ...args) => start('setTimeout', callback, delay, args, false);
const setInterval = (callback, delay, ...args) => start('setInterval', callback, delay, args, true);
const clearTimeout = (id) => clear(id);
const clearInterval = (id) => clear(id);
Object.assign(exports, { setTimeout, clearTimeout, setInterval, clearInterval });

vu.fireTimer = (id) => {
  const timer = pending[id];
  if (timer === undefined) {
    return;
  }
  if (!timer.repeats) {
    delete pending[id];
  }
  timer.callback(...timer.args);
};

// Timers that an iteration left behind were forgotten by the host when it ended.
vu.leftovers.push(() => {
  pending = { __proto__: null };
});
