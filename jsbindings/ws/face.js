// k6/ws: https://grafana.com/docs/k6/latest/javascript-api/k6-ws/
// connect() blocks the script. It pulls events from the host, some at a time, and hands them to the script's handlers.
// What these send goes with the next pull, or before whatever else the host is asked for.
import { GoError, handles, ops, postpone } from 'k6py:kernel';
import { tagValues } from 'k6py:tags';

const ws = ops('k6/ws');

const GOING_AWAY = 1001;

// Messages that wait for the next pull: beyond it they go at once, so that a script that sends and sends waits for its peer.
const UNSENT_MAX = 64;

// JSON has no Infinity; a timer that is due in thousands of years is as good.
const finite = (number) => Math.max(-Number.MAX_SAFE_INTEGER, Math.min(number, Number.MAX_SAFE_INTEGER));

const makeSocket = (id) => {
  const handlers = new Map();
  const timers = new Map();
  let closed = false;
  let unsent = [];
  let events = [];
  let position = 0;

  // A handler that is added while its event runs waits for the next one.
  const emit = (event, value) => {
    const all = handlers.get(event);
    if (all !== undefined) {
      // on() makes a new list, so this one stays as it is.
      for (let index = 0; index < all.length; index += 1) {
        const handler = all[index];
        if (value === undefined) {
          handler();
        } else {
          handler(value);
        }
      }
    }
  };

  const emitError = (text) => emit('error', Object.assign(new GoError(text), { error: () => text }));

  // A command that cannot be carried out is an event and no exception.
  const attempt = (problem) => {
    if (problem) {
      emitError(problem);
    }
  };

  const takeUnsent = () => {
    const texts = unsent;
    unsent = [];
    postpone(null);
    return texts;
  };

  const sendNow = () => attempt(ws.send_texts(id, takeUnsent()));

  const sendText = (text) => {
    if (closed) {
      attempt(ws.send_texts(id, [text]));
      return;
    }
    if (unsent.length === 0) {
      postpone(sendNow);
    }
    unsent.push(text);
    if (unsent.length === UNSENT_MAX) {
      sendNow();
    }
  };

  const finish = (code) => {
    closed = true;
    emit('close', code);
  };

  const startTimer = (name, callback, delay, repeats) => {
    if (typeof callback !== 'function') {
      throw new TypeError(`${name}'s callback isn't a callable function`);
    }
    const milliseconds = Number(delay ?? 0);
    if (!(milliseconds > 0)) {
      throw new GoError(`${name} requires a >0 timeout parameter, received ${milliseconds.toFixed(2)}`);
    }
    timers.set(ws.start_timer(id, finite(milliseconds), repeats), { callback, repeats });
  };

  const fireTimer = (timerId) => {
    const timer = timers.get(timerId);
    if (!timer.repeats) {
      timers.delete(timerId);
    }
    timer.callback();
  };

  const socket = {
    on(event, handler) {
      if (typeof handler === 'function') {
        handlers.set(event, [...(handlers.get(event) ?? []), handler]);
      }
    },
    send(data) {
      sendText(String(data ?? ''));
    },
    sendBinary(data) {
      if (!(data instanceof ArrayBuffer)) {
        const type = data === null || data === undefined ? String(data) : Object(data).constructor?.name ?? 'Object';
        throw new GoError(`expected ArrayBuffer as argument, received: ${type}`);
      }
      attempt(ws.send_binary(id, data));
    },
    ping() {
      attempt(ws.ping(id));
    },
    setTimeout(callback, delay) {
      startTimer('setTimeout', callback, delay, false);
    },
    setInterval(callback, interval) {
      startTimer('setInterval', callback, interval, true);
    },
    close(...args) {
      if (!closed) {
        const code = args.length === 0 ? GOING_AWAY : finite(Math.trunc(Number(args[0])) || 0);
        attempt(ws.close(id, code));
        finish(code);
      }
    },
  };

  const dispatch = (event) => {
    if (typeof event === 'string') {
      return emit('message', event);
    }
    const kind = event[0];
    switch (kind) {
      case 'binaryMessage':
        return emit(kind, event[1]);
      case 'timer':
        return fireTimer(event[1]);
      case 'closed':
        attempt(event[2]);
        return finish(event[1]);
      default:
        return emit(kind);
    }
  };

  const run = (setup) => {
    try {
      setup(socket);
      emit('open');
      while (!closed) {
        // More than one: a read of the socket brings small messages by the thousand.
        events = ws.next_events(id, takeUnsent());
        attempt(events[0]);
        for (position = 1; position < events.length && !closed;) {
          position += 1;
          dispatch(events[position - 1]);
        }
      }
    } catch (error) {
      socket.close(GOING_AWAY);
      throw error;
    }
  };

  // How many messages have come of which the script will not hear.
  const isMessage = (event) => typeof event === 'string' || event[0] === 'binaryMessage';
  const unheard = () => events.slice(position).filter(isMessage).length;

  return { run, unheard };
};

const readParams = (params) => {
  const given = Object(params ?? {});
  let compression = '';
  if ('compression' in given) {
    compression = String(given.compression).trim();
    if (compression !== '' && compression !== 'deflate') {
      throw new GoError(`unsupported compression algorithm '${compression}', supported algorithm is 'deflate'`);
    }
  }
  return {
    headers: Object.entries(Object(given.headers ?? {})).map(([name, value]) => [name, String(value)]),
    tags: tagValues(given.tags, 'invalid ws.connect() metric tags: ') ?? {},
    jar: handles.get(Object(given.jar)) ?? null,
    compression: compression === 'deflate',
  };
};

export function connect(...args) {
  ws.check_context();
  if (args.length < 2 || args.length > 3) {
    throw new GoError('invalid number of arguments to ws.connect');
  }
  const setup = args.at(-1);
  if (typeof setup !== 'function') {
    throw new GoError('last argument to ws.connect must be a function');
  }
  const params = readParams(args.length === 3 ? args[1] : null);
  const { socket, response } = ws.connect(String(args[0]), params);
  if (socket !== null) {
    const its = makeSocket(socket);
    try {
      its.run(setup);
    } finally {
      ws.end(socket, its.unheard());
    }
  }
  return response;
}

export default { connect };
