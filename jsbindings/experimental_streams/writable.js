// Writable streams with their default controller and writer: https://streams.spec.whatwg.org/#ws
// One object holds what the standard calls the slots of a stream and of its controller.
import { Deferred, OURS, Queue, ensureRejected, promiseCall, readCallbacks, readStrategy, requireOurs } from 'k6py:streams/queue';

// Stands in the queue for the end of it.
const CLOSE = Symbol('close');

const isWritable = (its) => its.state === 'writable';
const isErroring = (its) => its.state === 'erroring';
const isOver = (its) => its.state === 'closed' || its.state === 'errored';
const isClosing = (its) => its.closeRequest !== null || its.closeInFlight !== null;
const desiredSize = (its) => its.highWaterMark - its.queue.total;

const updateBackpressure = (its) => {
  if (isClosing(its) || !isWritable(its)) {
    return;
  }
  const backpressure = desiredSize(its) <= 0;
  if (its.writer !== null && backpressure !== its.backpressure) {
    if (backpressure) {
      its.writer.ready = Deferred.quiet();
    } else {
      its.writer.ready.resolve();
    }
  }
  its.backpressure = backpressure;
};

// --- errors: a stream is erroring while a sink is at work, then errored ---------------------------------------------------

const rejectWhoWaitsForTheEnd = (its) => {
  its.closeRequest?.reject(its.error);
  its.closeRequest = null;
  its.writer?.closed.reject(its.error);
};

const callAbort = (its, { promise, reason }) => promiseCall(its.abort, reason).then(() => {
  promise.resolve();
  rejectWhoWaitsForTheEnd(its);
}, (error) => {
  promise.reject(error);
  rejectWhoWaitsForTheEnd(its);
});

const finishErroring = (its) => {
  its.state = 'errored';
  its.queue.clear();
  its.writeRequests.splice(0).forEach((request) => request.reject(its.error));
  const { aborting } = its;
  its.aborting = null;
  if (aborting !== null && !aborting.wasErroring) {
    callAbort(its, aborting);
    return;
  }
  aborting?.promise.reject(its.error);
  rejectWhoWaitsForTheEnd(its);
};

const startErroring = (its, reason) => {
  its.state = 'erroring';
  its.error = reason;
  if (its.writer !== null) {
    its.writer.ready = ensureRejected(its.writer.ready, reason);
  }
  if (its.writeInFlight === null && its.closeInFlight === null && its.started) {
    finishErroring(its);
  }
};

const dealWithRejection = (its, error) => {
  if (isWritable(its)) {
    startErroring(its, error);
  } else {
    finishErroring(its);
  }
};

const failIfWritable = (its, reason) => {
  if (isWritable(its)) {
    startErroring(its, reason);
  }
};

// --- what the sink does, one thing at a time ---------------------------------------------------------------------------

const closeSink = (its) => {
  its.closeInFlight = its.closeRequest;
  its.closeRequest = null;
  its.queue.shift();
  promiseCall(its.close).then(() => {
    its.closeInFlight.resolve();
    its.closeInFlight = null;
    its.aborting?.promise.resolve();
    its.aborting = null;
    its.state = 'closed';
    its.writer?.closed.resolve();
  }, (error) => {
    its.closeInFlight.reject(error);
    its.closeInFlight = null;
    its.aborting?.promise.reject(error);
    its.aborting = null;
    dealWithRejection(its, error);
  });
};

const writeToSink = (its, chunk) => {
  its.writeInFlight = its.writeRequests.shift();
  promiseCall(its.write, chunk, its.controller).then(() => {
    its.writeInFlight.resolve();
    its.writeInFlight = null;
    its.queue.shift();
    updateBackpressure(its);
    advance(its);
  }, (error) => {
    its.writeInFlight.reject(error);
    its.writeInFlight = null;
    dealWithRejection(its, error);
  });
};

const advance = (its) => {
  if (!its.started || its.writeInFlight !== null) {
    return;
  }
  if (isErroring(its)) {
    finishErroring(its);
  } else if (!its.queue.isEmpty) {
    const chunk = its.queue.peek();
    if (chunk === CLOSE) {
      closeSink(its);
    } else {
      writeToSink(its, chunk);
    }
  }
};

// --- what scripts ask for ----------------------------------------------------------------------------------------------

const abort = (its, reason) => {
  if (isOver(its)) {
    return Promise.resolve();
  }
  if (its.aborting === null) {
    const wasErroring = isErroring(its);
    its.aborting = { promise: new Deferred(), reason, wasErroring };
    const { promise } = its.aborting.promise;
    if (!wasErroring) {
      startErroring(its, reason);
    }
    return promise;
  }
  return its.aborting.promise.promise;
};

const close = (its) => {
  if (isOver(its)) {
    return Promise.reject(new TypeError('stream is already closed or errored'));
  }
  if (isClosing(its)) {
    return Promise.reject(new TypeError('stream is already closing'));
  }
  const { promise } = its.closeRequest = new Deferred();
  if (its.backpressure && isWritable(its)) {
    its.writer?.ready.resolve();
  }
  its.queue.push(CLOSE, 0);
  advance(its);
  return promise;
};

const sizeOf = (its, chunk) => {
  try {
    return its.size(chunk);
  } catch (error) {
    failIfWritable(its, error);
    return 1;
  }
};

const write = (its, chunk) => {
  const size = sizeOf(its, chunk);
  if (its.state === 'errored') {
    return Promise.reject(its.error);
  }
  if (isClosing(its) || its.state === 'closed') {
    return Promise.reject(new TypeError('stream is closing or closed'));
  }
  if (isErroring(its)) {
    return Promise.reject(its.error);
  }
  const request = new Deferred();
  its.writeRequests.push(request);
  try {
    its.queue.push(chunk, size);
    updateBackpressure(its);
    advance(its);
  } catch (error) {
    failIfWritable(its, error);
  }
  return request.promise;
};

class WritableStreamDefaultController {
  #its;

  constructor(key, its) {
    requireOurs(key);
    this.#its = its;
  }

  error(reason) {
    failIfWritable(this.#its, reason);
  }
}

// The slots of a stream; undefined for everything else.
let itsOf;

const lock = (its) => {
  if (its.writer !== null) {
    throw new TypeError('stream is locked');
  }
  const writer = { ready: Deferred.quiet(), closed: Deferred.quiet() };
  if (isErroring(its) || its.state === 'errored') {
    writer.ready.reject(its.error);
  } else if (!isWritable(its) || isClosing(its) || !its.backpressure) {
    writer.ready.resolve();
  }
  if (its.state === 'closed') {
    writer.closed.resolve();
  } else if (its.state === 'errored') {
    writer.closed.reject(its.error);
  }
  its.writer = writer;
  return writer;
};

const withoutStream = () => new TypeError('stream is undefined');

export class WritableStreamDefaultWriter {
  #its = null;

  #writer;

  constructor(...args) {
    if (args.length !== 1) {
      throw new TypeError('WritableStreamDefaultWriter takes a single argument');
    }
    const its = itsOf(args[0]);
    if (its === undefined) {
      throw new TypeError('WritableStreamDefaultWriter argument must be a WritableStream');
    }
    this.#writer = lock(its);
    this.#its = its;
  }

  get closed() {
    return this.#writer.closed.promise;
  }

  get ready() {
    return this.#writer.ready.promise;
  }

  get desiredSize() {
    const its = this.#its;
    if (its === null) {
      throw withoutStream();
    }
    if (its.state === 'closed') {
      return 0;
    }
    return isWritable(its) ? desiredSize(its) : null;
  }

  write(chunk) {
    return this.#its === null ? Promise.reject(withoutStream()) : write(this.#its, chunk);
  }

  close() {
    return this.#its === null ? Promise.reject(withoutStream()) : close(this.#its);
  }

  abort(reason) {
    return this.#its === null ? Promise.reject(withoutStream()) : abort(this.#its, reason);
  }

  releaseLock() {
    if (this.#its === null) {
      return;
    }
    const error = new TypeError('writer released');
    this.#writer.closed = ensureRejected(this.#writer.closed, error);
    this.#writer.ready = ensureRejected(this.#writer.ready, error);
    this.#its.writer = null;
    this.#its = null;
  }
}

export class WritableStream {
  #its;

  static {
    itsOf = (value) => (typeof value === 'object' && value !== null && #its in value ? value.#its : undefined);
  }

  constructor(underlyingSink, strategy) {
    const { start, ...callbacks } = readCallbacks(underlyingSink, 'underlyingSink', ['start', 'write', 'close', 'abort']);
    if (underlyingSink?.type !== undefined) {
      throw new RangeError("'type' is not supported by WritableStream");
    }
    const its = {
      state: 'writable',
      error: undefined,
      writer: null,
      queue: new Queue(),
      started: false,
      backpressure: false,
      writeRequests: [],
      writeInFlight: null,
      closeRequest: null,
      closeInFlight: null,
      aborting: null,
      ...callbacks,
      ...readStrategy(strategy),
    };
    its.controller = new WritableStreamDefaultController(OURS, its);
    this.#its = its;
    updateBackpressure(its);
    Promise.resolve(start(its.controller)).then(() => {
      its.started = true;
      advance(its);
    }, (error) => {
      its.started = true;
      dealWithRejection(its, error);
    });
  }

  get locked() {
    return this.#its.writer !== null;
  }

  abort(reason) {
    return this.locked ? Promise.reject(new TypeError('cannot abort a locked stream')) : abort(this.#its, reason);
  }

  close() {
    return this.locked ? Promise.reject(new TypeError('cannot close a locked stream')) : close(this.#its);
  }

  getWriter() {
    return new WritableStreamDefaultWriter(this);
  }
}
