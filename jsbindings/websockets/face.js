// k6/websockets: https://grafana.com/docs/k6/latest/javascript-api/k6-websockets/
// The host opens, reads and writes; here are the WebSocket object, its states and its handlers (WHATWG WebSockets).
import {
  failed, onEvent, onMessage, replied, runNext, unheardMessages,
} from 'k6py:events';
import {
  clock, GoError, handleOf, ops, putOff,
} from 'k6py:kernel';
import { tagValues } from 'k6py:tags';
import { Blob, bytesOf, byteSize } from 'k6py:blob';

const ws = ops('k6/websockets');

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

const EVENT_TYPES = ['message', 'error', 'open', 'close', 'ping', 'pong'];
const REASON_SIZE_BYTES_MAX = 123;

// The clock, which a virtual user has no need of until an event comes. Each message asks it: no function in between.
let now = null;
const firstNow = () => {
  now = clock();
  return now();
};

// What the host's events belong to: the state of each socket by the host's number of it.
const sockets = { __proto__: null };
// Of a WebSocket object, for the properties that all of them share.
let stateOf;

const readCode = (code) => Math.trunc(Number(code)) || 1000;

const checkClose = (code, reason) => {
  if (code !== 1000 && !(code >= 3000 && code <= 4999)) {
    throw new GoError("InvalidAccessError: Failed to execute 'close' on 'WebSocket': The close code must be either 1000,"
      + ` or between 3000 and 4999. ${code} is neither`);
  }
  if (byteSize(reason) > REASON_SIZE_BYTES_MAX) {
    throw new GoError("SyntaxError: Failed to execute 'close' on 'WebSocket': The message must not be greater than"
      + ` ${REASON_SIZE_BYTES_MAX} bytes`);
  }
};

// While a message is handled, its socket, and the text that the handler sent first: the host gets it with the return.
let replying = null;
let reply;
const sendReply = () => {
  const text = reply;
  reply = undefined;
  ws.send_text(replying.id, text);
};

const send = (its, data) => {
  if (its.readyState !== OPEN) {
    throw new GoError('InvalidStateError');
  }
  if (typeof data === 'string') {
    ws.send_text(its.id, data);
  } else if (data instanceof ArrayBuffer || ArrayBuffer.isView(data)) {
    ws.send_binary(its.id, data);
  } else if (data instanceof Blob) {
    ws.send_binary(its.id, bytesOf(data));
  } else {
    const type = data === null ? 'null' : typeof data;
    throw new GoError(`unsupported send type ${type}: send() takes a string, an ArrayBuffer, a view of one or a Blob`);
  }
};

const close = (its, code, reason) => {
  if (its.readyState === CLOSING || its.readyState === CLOSED) {
    return;
  }
  const closeCode = readCode(code);
  const closeReason = reason === undefined || reason === null ? '' : String(reason);
  checkClose(closeCode, closeReason);
  its.readyState = CLOSING;
  ws.close(its.id, closeCode, closeReason, unheardMessages());
};

// What hears of an event, in this order.
const listenersOf = (its, type) => {
  const handler = its.handlers[type];
  const listeners = its.listeners[type] ?? [];
  return handler === undefined ? listeners : [handler, ...listeners];
};

// Most sockets have one function for messages: it is called without being looked for, and as a bound function, for which
// Function.prototype.call need not be looked up.
const { apply } = Reflect;
const { bind } = Function.prototype;
const noteListener = (its, type) => {
  if (type !== 'message') {
    return;
  }
  const [listener, ...others] = listenersOf(its, 'message');
  its.messageListener = listener === undefined || others.length > 0 ? undefined : apply(bind, listener, [its.socket]);
};

const addEventListener = (its, type, listener) => {
  if (typeof listener !== 'function') {
    throw new GoError(`handler for event type "${type}" isn't a callable function`);
  }
  if (!EVENT_TYPES.includes(type)) {
    ws.warn(`can't add event handler: unknown event type: ${type}`);
    return;
  }
  its.listeners[type] = [...(its.listeners[type] ?? []), listener];
  noteListener(its, type);
};

const setHandler = (its, type, handler) => {
  if (handler !== null && handler !== undefined && typeof handler !== 'function') {
    throw new GoError(`a value for 'on${type}' should be callable`);
  }
  its.handlers[type] = handler ?? undefined;
  noteListener(its, type);
};

// k6's sockets have all their members as properties of their own.
const properties = {
  url: { get() { return stateOf(this).url; } },
  readyState: { get() { return stateOf(this).readyState; } },
  bufferedAmount: { get() { return ws.buffered_amount(stateOf(this).id); } },
  extensions: { get() { return stateOf(this).extensions; } },
  protocol: { get() { return stateOf(this).protocol; } },
  binaryType: {
    get() { return stateOf(this).binaryType; },
    set(value) {
      if (value !== 'blob' && value !== 'arraybuffer') {
        throw new GoError(`unknown binaryType ${value ?? ''}, the supported ones are "blob" and "arraybuffer"`);
      }
      stateOf(this).binaryType = value;
    },
  },
};
for (const type of EVENT_TYPES) {
  properties[`on${type}`] = {
    get() { return stateOf(this).handlers[type]; },
    set(handler) { setHandler(stateOf(this), type, handler); },
  };
}
for (const property of Object.values(properties)) {
  property.enumerable = true;
}

const offered = (protocols) => {
  if (typeof protocols === 'string') {
    return protocols;
  }
  return Array.isArray(protocols) ? protocols.join(', ') : '';
};

const readParams = (params, protocols) => {
  const given = Object(params ?? {});
  const read = { headers: [], tags: {}, jar: null, compression: false, protocols: offered(protocols) };
  for (const [name, value] of Object.entries(given)) {
    switch (name) {
      case 'headers':
        read.headers = Object.entries(Object(value ?? {})).map(([header, text]) => [header, String(text)]);
        break;
      case 'tags':
        read.tags = tagValues(value, 'invalid WebSocket tags option: ') ?? {};
        break;
      case 'jar':
        read.jar = handleOf(value);
        break;
      case 'compression':
        if (value !== 'deflate') {
          throw new GoError(`unsupported compression algorithm '${value}', supported algorithm is 'deflate'`);
        }
        read.compression = true;
        break;
      default:
        throw new GoError(`unknown WebSocket's option ${name}`);
    }
  }
  return read;
};

// A virtual user that has left the init context does not come back to it.
let isInVu = false;

// The URL that was looked at last, for most scripts have one, and how its sockets show it.
let lastUrl;
let lastShownUrl;

const checkUrl = (url) => {
  if (url !== lastUrl) {
    lastShownUrl = ws.check_url(url);
    lastUrl = url;
  }
  return lastShownUrl;
};

export class WebSocket {
  #state;

  static {
    stateOf = (socket) => socket.#state;
  }

  constructor(url, protocols, params) {
    if (!isInVu) {
      ws.check_context();
      isInVu = true;
    }
    if (url === undefined || url === null) {
      throw new GoError('WebSocket requires a url');
    }
    const its = {
      id: 0,
      url: checkUrl(String(url)),
      readyState: CONNECTING,
      extensions: [],
      protocol: '',
      binaryType: 'blob',
      handlers: {},
      listeners: {},
      messageListener: undefined,
      socket: this,
    };
    this.addEventListener = (type, listener) => addEventListener(its, String(type), listener);
    this.send = (data) => {
      if (its === replying && putOff.say === null && typeof data === 'string' && its.readyState === OPEN) {
        reply = data;
        putOff.say = sendReply;
      } else {
        send(its, data);
      }
    };
    this.ping = () => {
      if (its.readyState !== OPEN) {
        throw new GoError('InvalidStateError');
      }
      ws.ping(its.id);
    };
    this.close = (code, reason) => close(its, code, reason);
    Object.defineProperties(this, properties);
    this.#state = its;
    its.id = ws.open(its.url, readParams(params, protocols));
    sockets[its.id] = its;
  }
}

// --- events ----------------------------------------------------------------------------------------------------------

const textOf = (thrown) => {
  try {
    return String(thrown);
  } catch {
    return 'an exception that cannot be put into words';
  }
};

// An exception while messages may still come cuts the connection; of later ones the script hears nothing more.
const noteThrown = (its, type, error) => {
  if (type === 'open' || type === 'message') {
    its.readyState = CLOSED;
    ws.fail(its.id, textOf(error), unheardMessages());
  } else if (type === 'error') {
    delete sockets[its.id];
    ws.forget(its.id);
  }
};

const call = (its, type, handler, event) => {
  try {
    handler.call(its.socket, event);
  } catch (error) {
    noteThrown(its, type, error);
    throw error;
  }
};

// Each handler is a macrotask of its own: microtasks run between them. The order of an event's members is k6's.
const fire = (its, type, more) => {
  const [first, ...others] = listenersOf(its, type);
  if (first !== undefined) {
    const event = { type, target: its.socket, timestamp: now === null ? firstNow() : now(), ...more };
    runNext(others.map((other) => () => call(its, type, other, event)));
    call(its, type, first, event);
  }
};

const happenings = {
  open(its, protocol, extensions) {
    its.protocol = protocol;
    its.extensions = extensions;
    // close() may have come first.
    if (its.readyState === CONNECTING) {
      its.readyState = OPEN;
      fire(its, 'open');
    }
  },
  ping: (its) => fire(its, 'ping'),
  pong: (its) => fire(its, 'pong'),
  error(its, error) {
    its.readyState = CLOSED;
    fire(its, 'error', { error });
  },
  close(its, code, reason) {
    its.readyState = CLOSED;
    delete sockets[its.id];
    fire(its, 'close', { code: code ?? undefined, reason });
  },
};

onEvent('k6/websockets', ([id, name, first, second]) => {
  const its = sockets[id];
  if (its !== undefined) {
    happenings[name](its, first, second);
  }
});

// The socket that had a message last, for a script often has one.
let latest = { id: 0 };

// One function from the host to the script's handler: each more costs a message as much as the rest of it.
onMessage('k6/websockets', (id, data, isBinary) => {
  const its = id === latest.id ? latest : sockets[id];
  // After close() messages are dropped.
  if (its === undefined || its.readyState !== OPEN) {
    return replied(undefined);
  }
  latest = its;
  replying = its;
  try {
    const message = {
      type: 'message',
      target: its.socket,
      timestamp: now === null ? firstNow() : now(),
      data: isBinary && its.binaryType === 'blob' ? new Blob([data]) : data,
      origin: its.url,
    };
    const listener = its.messageListener;
    if (listener === undefined) {
      fire(its, 'message', message);
    } else {
      listener(message);
    }
    return replied(reply);
  } catch (error) {
    // fire() has noted it already.
    if (its.readyState !== CLOSED) {
      noteThrown(its, 'message', error);
    }
    return failed(error);
  } finally {
    if (putOff.say === sendReply) {
      putOff.say = null;
    }
    replying = null;
    reply = undefined;
  }
});

export { Blob };
export default { WebSocket, Blob };
