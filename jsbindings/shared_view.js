// An array whose elements the host keeps: each is made anew, and frozen, when it is read.
import { getOwnPropertyDescriptor as ownProperty } from 'k6py:kernel';

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

// An array of `length` elements; `row` gives the JSON of the one at an index.
export const sharedView = (length, row) => {
  const isElement = (key) => {
    const index = indexOf(key);
    return index !== -1 && index < length;
  };
  const read = (key) => freeze(JSON.parse(row(Number(key))));
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
      const own = ownProperty(target, key);
      return key === 'length' ? { ...own, value: length } : own;
    },
    set: refuse,
    defineProperty: refuse,
    deleteProperty: refuse,
    setPrototypeOf: refuse,
    preventExtensions: refuse,
  });
};
