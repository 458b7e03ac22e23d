// k6/data: https://grafana.com/docs/k6/latest/javascript-api/k6-data/sharedarray/
import { GoError, ops } from 'k6py:kernel';

const data = ops('k6/data');

// Characters per op: the data is never in memory as a whole in a third form.
const PART_LENGTH = 1 << 20;

const isAsync = (value) => Object.prototype.toString.call(value) === '[object AsyncFunction]';

const send = (name, items) => {
  data.begin();
  let rows = [];
  let length = 0;
  for (let i = 0; i < items.length; i += 1) {
    // As in an array: what JSON has not (undefined, functions) is null.
    const row = JSON.stringify(items[i]) ?? 'null';
    rows.push(row);
    length += row.length;
    if (length > PART_LENGTH) {
      data.send(rows);
      rows = [];
      length = 0;
    }
  }
  data.send(rows);
  return data.end(name);
};

const freeze = (value) => {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(freeze);
    Object.freeze(value);
  }
  return value;
};

const refuse = () => {
  throw new TypeError('SharedArray is immutable');
};

// The index that a property key stands for, -1 for other keys.
const indexOf = (key) => {
  const index = typeof key === 'string' ? key >>> 0 : -1;
  return String(index) === key && index !== 0xffffffff ? index : -1;
};

// An array-like view: an element is made anew, and frozen, each time it is read.
const view = (number, length) => {
  const isElement = (key) => {
    const index = indexOf(key);
    return index !== -1 && index < length;
  };
  const read = (key) => freeze(JSON.parse(data.row(number, Number(key))));
  return new Proxy([], {
    get(target, key) {
      if (isElement(key)) {
        return read(key);
      }
      return key === 'length' ? length : target[key];
    },
    has: (target, key) => isElement(key) || key in target,
    ownKeys: (target) => [...Array.from({ length }, (_, index) => String(index)), ...Reflect.ownKeys(target)],
    getOwnPropertyDescriptor(target, key) {
      if (isElement(key)) {
        return { value: read(key), writable: true, enumerable: true, configurable: true };
      }
      const own = Reflect.getOwnPropertyDescriptor(target, key);
      return key === 'length' ? { ...own, value: length } : own;
    },
    set: refuse,
    defineProperty: refuse,
    deleteProperty: refuse,
    setPrototypeOf: refuse,
    preventExtensions: refuse,
  });
};

export class SharedArray {
  constructor(name, make) {
    const key = String(name);
    const known = data.find(key);
    if (typeof make !== 'function') {
      throw new GoError("a function is expected as the second argument of SharedArray's constructor");
    }
    if (isAsync(make)) {
      throw new GoError('SharedArray constructor does not support async functions as second argument');
    }
    if (known) {
      return view(...known);
    }
    const items = make();
    if (!Array.isArray(items)) {
      throw new GoError('only arrays can be made into SharedArray');
    }
    return view(...send(key, items));
  }
}

export default { SharedArray };
