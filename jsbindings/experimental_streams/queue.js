// What both kinds of streams are made of: queues that know their total size, promises that are settled from outside,
// and how a script's strategy is read (https://streams.spec.whatwg.org/#qs-api, #queue-with-sizes).

export class Deferred {
  isPending = true;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = (value) => {
        this.isPending = false;
        resolve(value);
      };
      this.reject = (reason) => {
        this.isPending = false;
        reject(reason);
      };
    });
  }

  // Nobody has to listen for a rejection.
  static quiet() {
    const its = new Deferred();
    its.promise.catch(() => {});
    return its;
  }
}

// Rejects what is pending; what is settled is replaced.
export const ensureRejected = (its, reason) => {
  const one = its.isPending ? its : Deferred.quiet();
  one.reject(reason);
  return one;
};

// A callback of the script, as one that gives a promise whatever it does.
export const promiseCall = async (callback, ...args) => callback(...args);

export class Queue {
  #chunks = [];

  total = 0;

  get isEmpty() {
    return this.#chunks.length === 0;
  }

  push(chunk, size) {
    const number = Number(size);
    if (!(number >= 0 && number < Infinity)) {
      throw new RangeError('size must be a finite, non-NaN number');
    }
    this.#chunks.push([chunk, number]);
    this.total += number;
  }

  peek() {
    return this.#chunks[0][0];
  }

  shift() {
    const [chunk, size] = this.#chunks.shift();
    // Sums of fractions may end below nothing.
    this.total = Math.max(this.total - size, 0);
    return chunk;
  }

  clear() {
    this.#chunks = [];
    this.total = 0;
  }
}

const nothing = () => {};

// An object's callbacks by name, bound to it; what it lacks does nothing.
export const readCallbacks = (object, what, names) => {
  if (object !== undefined && (typeof object !== 'object' || object === null)) {
    throw new TypeError(`${what} must be an object`);
  }
  const callbacks = {};
  for (const name of names) {
    const callback = object?.[name];
    if (callback !== undefined && typeof callback !== 'function') {
      throw new TypeError(`${what}.[[${name}]] must be a function`);
    }
    callbacks[name] = callback === undefined ? nothing : (...args) => callback.apply(object, args);
  }
  return callbacks;
};

export const readStrategy = (strategy) => {
  if ((strategy ?? null) === null) {
    return { highWaterMark: 1, size: () => 1 };
  }
  if (typeof strategy !== 'object') {
    throw new TypeError('CountQueuingStrategy argument must be an object');
  }
  const { highWaterMark = 1, size = () => 1 } = strategy;
  if (typeof highWaterMark !== 'number' || !(highWaterMark >= 0)) {
    throw new RangeError('highWaterMark must be a non-negative number');
  }
  if (typeof size !== 'function') {
    throw new TypeError('size must be a function');
  }
  // Called without the strategy as its `this`.
  return { highWaterMark, size: (chunk) => size(chunk) };
};

export class CountQueuingStrategy {
  constructor(...args) {
    if (args.length !== 1) {
      throw new TypeError('CountQueuingStrategy takes a single argument');
    }
    const [init] = args;
    if (typeof init !== 'object' || init === null) {
      throw new TypeError('CountQueuingStrategy argument must be an object');
    }
    if (init.highWaterMark === undefined) {
      throw new TypeError("CountQueuingStrategy argument must have 'highWaterMark' property");
    }
    Object.defineProperties(this, {
      highWaterMark: { value: init.highWaterMark, enumerable: true },
      size: { value: () => 1, enumerable: true },
    });
  }
}

// Handed to the constructors that are not for scripts.
export const OURS = Symbol('ours');

export const requireOurs = (key) => {
  if (key !== OURS) {
    throw new TypeError('Illegal constructor');
  }
};
