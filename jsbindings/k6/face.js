// k6: https://grafana.com/docs/k6/latest/javascript-api/k6/
import { GoError, ops } from 'k6py:kernel';
import { tagValues } from 'k6py:tags';

const k6 = ops('k6');

const isAsync = (value) => typeof value === 'function' && Object.prototype.toString.call(value) === '[object AsyncFunction]';

const ASYNC_CHECK = 'the built-in check() does not support async functions as arguments. Use the JavaScript utils library'
  + ' as a replacement. Refer to https://grafana.com/docs/k6/latest/javascript-api/jslib/utils/check/ for more info';

export function check(value, checks, tags) {
  k6.check_context();
  if (checks === undefined || checks === null) {
    throw new GoError('no checks provided to `check`');
  }
  const extra = tagValues(tags);
  let allPassed = true;
  for (const [name, condition] of Object.entries(Object(checks))) {
    if (isAsync(condition)) {
      throw new GoError(ASYNC_CHECK);
    }
    const start = k6.prepare_check(name);
    let passed = false;
    try {
      passed = Boolean(typeof condition === 'function' ? condition(value) : condition);
    } finally {
      // An exception in a check counts as a failed check and goes on to the caller.
      k6.record_check(name, passed, start, extra);
    }
    allPassed &&= passed;
  }
  return allPassed;
}

export function group(name, callback) {
  k6.check_context();
  if (typeof callback !== 'function') {
    throw new GoError('group() requires a callback as a second argument');
  }
  if (isAsync(callback)) {
    throw new GoError('group() does not support async functions as arguments, please see'
      + ' https://grafana.com/docs/k6/latest/javascript-api/k6/group/ for more info');
  }
  k6.start_group(String(name));
  try {
    return callback();
  } finally {
    k6.end_group();
  }
}

export function sleep(seconds) {
  const duration = Number(seconds);
  if (duration > 0) {
    k6.sleep(Math.min(duration, Number.MAX_SAFE_INTEGER));
  }
}

export function fail(reason) {
  throw new GoError(reason === undefined || reason === null ? '' : String(reason));
}

// The generator SplitMix32: small, and any 32 bits are a good seed.
export function randomSeed(seed) {
  let state = Math.trunc(Number(seed)) | 0;
  Math.random = () => {
    const word = () => {
      state = (state + 0x9e3779b9) | 0;
      let mixed = state ^ (state >>> 16);
      mixed = Math.imul(mixed, 0x21f0aaad);
      mixed ^= mixed >>> 15;
      mixed = Math.imul(mixed, 0x735a2d97);
      return (mixed ^ (mixed >>> 15)) >>> 0;
    };
    return ((word() >>> 5) * 0x4000000 + (word() >>> 6)) / 2 ** 53;
  };
}

export default { check, group, sleep, fail, randomSeed };
