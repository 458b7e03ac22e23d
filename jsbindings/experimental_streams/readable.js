// Readable streams with their default controller and reader: https://streams.spec.whatwg.org/#rs
// One object holds what the standard calls the slots of a stream and of its controller.
import { GoError, lazy } from 'k6py:kernel';
import { Deferred, OURS, Queue, ensureRejected, promiseCall, readCallbacks, readStrategy, requireOurs } from 'k6py:streams/queue';

const END = () => ({ value: undefined, done: true });

const isErrored = (its) => its.state === 'errored';
const canEnqueue = (its) => its.state === 'readable' && !its.closeRequested;

const desiredSize = (its) => {
  if (its.state === 'closed') {
    return 0;
  }
  return isErrored(its) ? null : its.highWaterMark - its.queue.total;
};

const closeNow = (its) => {
  its.state = 'closed';
  if (its.reader !== null) {
    const { closed, requests } = its.reader;
    closed.resolve();
    requests.splice(0).forEach((request) => request.resolve(END()));
  }
};

const fail = (its, reason) => {
  if (its.state !== 'readable') {
    return;
  }
  its.queue.clear();
  its.state = 'errored';
  its.error = reason;
  if (its.reader !== null) {
    const { closed, requests } = its.reader;
    closed.reject(reason);
    requests.splice(0).forEach((request) => request.reject(reason));
  }
};

const wantsMore = (its) => canEnqueue(its) && its.started
  && (its.reader?.requests.length > 0 || desiredSize(its) > 0);

const pullIfNeeded = (its) => {
  if (!wantsMore(its)) {
    return;
  }
  if (its.pulling) {
    its.pullAgain = true;
    return;
  }
  its.pulling = true;
  promiseCall(its.pull, its.controller).then(() => {
    its.pulling = false;
    if (its.pullAgain) {
      its.pullAgain = false;
      pullIfNeeded(its);
    }
  }, (error) => fail(its, error));
};

const requireOpen = (its) => {
  if (!canEnqueue(its)) {
    throw new TypeError('cannot close or enqueue');
  }
};

const enqueue = (its, chunk) => {
  requireOpen(its);
  if (its.reader?.requests.length > 0) {
    its.reader.requests.shift().resolve({ value: chunk, done: false });
  } else {
    try {
      its.queue.push(chunk, its.size(chunk));
    } catch (error) {
      fail(its, error);
      throw error;
    }
  }
  pullIfNeeded(its);
};

const close = (its) => {
  requireOpen(its);
  its.closeRequested = true;
  if (its.queue.isEmpty) {
    closeNow(its);
  }
};

const cancel = async (its, reason) => {
  if (its.state === 'closed') {
    return;
  }
  if (isErrored(its)) {
    throw its.error;
  }
  closeNow(its);
  its.queue.clear();
  await promiseCall(its.cancel, reason);
};

const read = (its) => {
  const request = new Deferred();
  if (its.state === 'closed') {
    request.resolve(END());
  } else if (isErrored(its)) {
    request.reject(its.error);
  } else if (its.queue.isEmpty) {
    its.reader.requests.push(request);
    pullIfNeeded(its);
  } else {
    const value = its.queue.shift();
    if (its.closeRequested && its.queue.isEmpty) {
      closeNow(its);
    } else {
      pullIfNeeded(its);
    }
    request.resolve({ value, done: false });
  }
  return request.promise;
};

class ReadableStreamDefaultController {
  #its;

  constructor(key, its) {
    requireOurs(key);
    this.#its = its;
  }

  get desiredSize() {
    return desiredSize(this.#its);
  }

  close() {
    close(this.#its);
  }

  enqueue(chunk) {
    enqueue(this.#its, chunk);
  }

  error(reason) {
    fail(this.#its, reason);
  }
}

// The slots of a stream; undefined for everything else.
let itsOf;

const lock = (its, reader) => {
  if (its.reader !== null) {
    throw new TypeError('stream is locked');
  }
  its.reader = reader;
  if (its.state === 'closed') {
    reader.closed.resolve();
  } else if (isErrored(its)) {
    reader.closed.reject(its.error);
  }
};

const release = (its) => {
  const { reader } = its;
  const state = its.state === 'readable' ? 'readable' : 'not readable';
  reader.closed = ensureRejected(reader.closed, new TypeError(`stream is ${state}`));
  its.reader = null;
  const requests = reader.requests.splice(0);
  requests.forEach((request) => request.reject(new TypeError('reader released')));
};

const withoutStream = () => Promise.reject(new TypeError('stream is undefined'));

export class ReadableStreamDefaultReader {
  #its = null;

  #reader = { closed: Deferred.quiet(), requests: [] };

  constructor(...args) {
    if (args.length !== 1) {
      throw new TypeError('ReadableStreamDefaultReader takes a single argument');
    }
    const its = itsOf(args[0]);
    if (its === undefined) {
      throw new TypeError('ReadableStreamDefaultReader argument must be a ReadableStream');
    }
    lock(its, this.#reader);
    this.#its = its;
  }

  get closed() {
    return this.#reader.closed.promise;
  }

  read() {
    return this.#its === null ? withoutStream() : read(this.#its);
  }

  cancel(reason) {
    return this.#its === null ? withoutStream() : cancel(this.#its, reason);
  }

  releaseLock() {
    if (this.#its !== null) {
      release(this.#its);
      this.#its = null;
    }
  }
}

const checkType = (source) => {
  if (source?.type === 'bytes') {
    throw new GoError("NotSupportedError:'bytes' stream is not supported yet");
  }
  if (source?.type !== undefined) {
    throw new TypeError('invalid underlying source type');
  }
};

const requireDefaultMode = (options) => {
  if (typeof options !== 'object') {
    throw new TypeError('the options of getReader() must be an object');
  }
  if (options?.mode === 'byob') {
    throw new GoError("NotSupportedError:'byob' mode is not supported yet");
  }
  if (options?.mode !== undefined) {
    throw new TypeError("options.mode is not 'byob'");
  }
};

export class ReadableStream {
  #its;

  static {
    itsOf = (value) => (typeof value === 'object' && value !== null && #its in value ? value.#its : undefined);
  }

  constructor(underlyingSource, strategy) {
    const { start, ...callbacks } = readCallbacks(underlyingSource, 'underlyingSource', ['start', 'pull', 'cancel']);
    checkType(underlyingSource);
    const its = {
      state: 'readable',
      error: undefined,
      reader: null,
      queue: new Queue(),
      started: false,
      closeRequested: false,
      pulling: false,
      pullAgain: false,
      ...callbacks,
      ...readStrategy(strategy),
    };
    its.controller = new ReadableStreamDefaultController(OURS, its);
    this.#its = its;
    Promise.resolve(start(its.controller)).then(() => {
      its.started = true;
      pullIfNeeded(its);
    }, (error) => fail(its, error));
  }

  get locked() {
    return this.#its.reader !== null;
  }

  cancel(reason) {
    return this.locked ? Promise.reject(new TypeError('cannot cancel a locked stream')) : cancel(this.#its, reason);
  }

  getReader(options = {}) {
    requireDefaultMode(options);
    return new ReadableStreamDefaultReader(this);
  }

  tee() {
    throw new GoError("NotSupportedError:'tee()' is not supported yet");
  }
}

lazy('k6py:streams/known')().ReadableStream = ReadableStream;
