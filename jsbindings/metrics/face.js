// k6/metrics: https://grafana.com/docs/k6/latest/javascript-api/k6-metrics/
import { GoError, ops } from 'k6py:kernel';
import { tagValues } from 'k6py:tags';

const metrics = ops('k6/metrics');

const INVALID = Symbol('invalid');

// A sample's value: numbers, booleans and what JavaScript itself turns into a number, but null is none. Where that is
// zero, k6 asks next whether the value is truthy: [] and '0' are samples of 1.
const toNumber = (value) => {
  if (typeof value === 'bigint' || typeof value === 'symbol') {
    throw new TypeError(`Cannot convert a ${typeof value === 'bigint' ? 'BigInt' : 'Symbol'} value to a number`);
  }
  const number = value === null ? NaN : +value;
  if (Number.isNaN(number)) {
    return INVALID;
  }
  return number === 0 && value ? 1 : number;
};

// JSON has neither infinite numbers nor a negative zero.
const encoded = (number) => {
  if (Object.is(number, -0)) {
    return '-0';
  }
  return Number.isFinite(number) ? number : String(number);
};

const nameText = (name) => (typeof name === 'symbol' ? name.description : name) ?? '';

// A metric is a plain object, as in k6: no instance of its class.
const declare = (type, givenName, isTime) => {
  const name = String(nameText(givenName));
  const handle = metrics.declare(type, name, Boolean(isTime));
  const add = function add(value, tags) {
    const isGiven = arguments.length > 0;
    const number = isGiven ? toNumber(value) : INVALID;
    if (number === INVALID) {
      const what = isGiven ? `'${String(value)}' is an invalid value` : 'no value was provided';
      const problem = `${what} for metric '${name}', a number or a boolean value is expected`;
      if (metrics.refuse(problem)) {
        throw new GoError(problem);
      }
      return false;
    }
    metrics.add(handle, encoded(number), tagValues(tags, `cannot add tags for the '${name}' custom metric: `));
    return true;
  };
  return Object.defineProperty({ name, add }, 'name', { writable: false, configurable: false });
};

export function Counter(name, isTime) {
  return declare('counter', name, isTime);
}

export function Gauge(name, isTime) {
  return declare('gauge', name, isTime);
}

export function Rate(name, isTime) {
  return declare('rate', name, isTime);
}

export function Trend(name, isTime) {
  return declare('trend', name, isTime);
}

export default { Counter, Gauge, Rate, Trend };
