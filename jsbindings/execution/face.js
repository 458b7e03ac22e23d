// k6/execution: https://grafana.com/docs/k6/latest/javascript-api/k6-execution/
import { ops } from 'k6py:kernel';

const host = ops('k6/execution');

// An object whose members are read from the host each time.
const live = (read, names) => {
  const object = {};
  for (const name of names) {
    Object.defineProperty(object, name, { enumerable: true, get: () => read(name) });
  }
  return object;
};

// The VU's tags or metadata as an object that scripts read and write.
const writable = (kind) => new Proxy({}, {
  get: (_, name) => (typeof name === 'string' ? host.labels(kind)[name] : undefined),
  set: (_, name, value) => {
    if (!['string', 'number', 'boolean'].includes(typeof value)) {
      throw new TypeError(`invalid value for metric ${kind} '${String(name)}': only String, Boolean and Number types`
        + ` are accepted as a metric ${kind === 'tag' ? 'tag values' : 'metadata value'}`);
    }
    host.set_label(kind, String(name), String(value));
    return true;
  },
  has: (_, name) => name in host.labels(kind),
  deleteProperty: (_, name) => {
    host.drop_label(kind, String(name));
    return true;
  },
  ownKeys: () => Object.keys(host.labels(kind)),
  getOwnPropertyDescriptor: (_, name) => {
    const value = host.labels(kind)[name];
    return value === undefined ? undefined : { value, enumerable: true, configurable: true, writable: true };
  },
});

const tags = writable('tag');

// A member to which one may assign in vain, as k6 makes it anew for each access.
const fixed = (value) => ({ enumerable: true, get: () => value, set: () => {} });

export const instance = live((name) => host.instance(name), ['vusActive', 'vusInitialized', 'iterationsCompleted',
  'iterationsInterrupted', 'currentTestRunDuration']);

export const scenario = live((name) => host.scenario(name), ['name', 'executor', 'startTime', 'progress',
  'iterationInInstance', 'iterationInTest']);

export const vu = Object.defineProperties(live((name) => host.vu_value(name), ['idInInstance', 'idInTest',
  'iterationInInstance', 'iterationInScenario']), {
  tags: fixed(tags),
  metrics: fixed(Object.freeze({ tags, metadata: writable('metadata') })),
});

const freeze = (value) => {
  if (value !== null && typeof value === 'object') {
    Object.values(value).forEach(freeze);
    Object.freeze(value);
  }
  return value;
};

const reasonOf = (value) => {
  if (value === undefined || value === null) {
    return null;
  }
  return typeof value === 'symbol' ? value.description ?? '' : String(value);
};

// The test's options are final before the first iteration, so each VU asks for them once.
let options;

// Where the script calls, as ``name (file:///script.js:3:9)``: the first of the script's frames.
const callingFrame = () => new Error().stack.split('\tat ')[1]?.trim() ?? '';

export const test = {
  abort(reason) {
    host.abort(reasonOf(reason), callingFrame());
  },
  fail(reason) {
    host.fail(reasonOf(reason));
  },
  get options() {
    options ??= freeze(host.options());
    return options;
  },
};

export default Object.freeze({ instance, scenario, test, vu });
