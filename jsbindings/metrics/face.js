// k6/metrics: https://grafana.com/docs/k6/latest/javascript-api/k6-metrics/
import { GoError, ops } from 'k6py:kernel';
import { tagValues } from 'k6py:tags';

const metrics = ops('k6/metrics');

const INVALID = Symbol('invalid');

// A sample's value: numbers, booleans and what JavaScript itself turns into a number, but null is none.
const toNumber = (value) => {
  const number = value === null ? NaN : +value;
  return Number.isNaN(number) ? INVALID : number;
};

// Of anything but a number a rate asks, as in k6, only whether it is truthy; the text '0' is.
const rateValue = (value, number) => (typeof value === 'number' ? number : Number(Boolean(value)));

// JSON has no infinite numbers.
const encoded = (number) => (Number.isFinite(number) ? number : String(number));

const declare = (metric, type, name, isTime) => {
  const handle = metrics.declare(type, name === undefined ? '' : String(name), Boolean(isTime));
  const add = (value, tags) => {
    const number = toNumber(value);
    if (number === INVALID) {
      const problem = `'${String(value)}' is an invalid value for metric '${name}',`
        + ' a number or a boolean value is expected';
      if (metrics.refuse(problem)) {
        throw new GoError(problem);
      }
      return false;
    }
    const sample = type === 'rate' ? rateValue(value, number) : number;
    metrics.add(handle, encoded(sample), tagValues(tags, `cannot add tags for the '${name}' custom metric: `));
    return true;
  };
  Object.assign(metric, { name, add });
};

export class Counter {
  constructor(name, isTime) {
    declare(this, 'counter', name, isTime);
  }
}

export class Gauge {
  constructor(name, isTime) {
    declare(this, 'gauge', name, isTime);
  }
}

export class Rate {
  constructor(name, isTime) {
    declare(this, 'rate', name, isTime);
  }
}

export class Trend {
  constructor(name, isTime) {
    declare(this, 'trend', name, isTime);
  }
}

export default { Counter, Gauge, Rate, Trend };
