// k6/ws: https://grafana.com/docs/k6/latest/javascript-api/k6-ws/
// connect() blocks the script. It pulls events from the host, some at a time, and hands them to the script's handlers.
// What these send goes with the next pull, or before whatever else the host is asked for.
import { callHost, GoError, handleOf, ops, putOff, sayWhatWasPutOff, unwrap } from 'k6py:kernel';
import { tagValues } from 'k6py:tags';

const ws = ops('k6/ws');

const GOING_AWAY = 1001;

// Messages that wait for the next pull: beyond it they go at once, so that a script that sends and sends waits for its peer.
const UNSENT_MAX = 64;

// JSON has no Infinity; a timer that is due in thousands of years is as good.
// Without Math, which becomes 4 KiB of a virtual user when it is first looked at.
const { MAX_SAFE_INTEGER: LARGEST } = Number;
const finite = (number) => (number > LARGEST ? LARGEST : number < -LARGEST ? -LARGEST : number);

// What belongs to one socket. Functions take it as their first argument: to make them anew for each socket takes longer
// than what most sockets do with them.
const newState = (id) => {
  const its = {
    id,
    handlers: { __proto__: null },
    timers: { __proto__: null },
    closed: false,
    // A text, or a list when there are more; null for none.
    unsent: null,
    sayUnsent() {
      const texts = its.unsent;
      its.unsent = null;
      attempt(its, ws.send_texts(id, texts));
    },
    // What the last pull gave, and how far it has been told.
    events: [],
    position: 0,
  };
  return its;
};

// A handler that is added while its event runs waits for the next one.
const emit = (its, event, value) => {
  const all = its.handlers[event];
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

// A command that cannot be carried out is an event and no exception.
const attempt = (its, problem) => {
  if (problem) {
    emit(its, 'error', Object.assign(new GoError(problem), { error: () => problem }));
  }
};

const sendBinary = (its, data) => {
  if (!(data instanceof ArrayBuffer)) {
    const type = data === null || data === undefined ? String(data) : Object(data).constructor?.name ?? 'Object';
    throw new GoError(`expected ArrayBuffer as argument, received: ${type}`);
  }
  attempt(its, ws.send_binary(its.id, data));
};

const finish = (its, code) => {
  its.closed = true;
  emit(its, 'close', code);
};

const close = (its, code) => {
  attempt(its, ws.close(its.id, code));
  finish(its, code);
};

const startTimer = (its, name, callback, delay, repeats) => {
  if (typeof callback !== 'function') {
    throw new TypeError(`${name}'s callback isn't a callable function`);
  }
  const milliseconds = Number(delay ?? 0);
  if (!(milliseconds > 0)) {
    throw new GoError(`${name} requires a >0 timeout parameter, received ${milliseconds.toFixed(2)}`);
  }
  const timerId = ws.start_timer(its.id, finite(milliseconds), repeats);
  its.timers[timerId] = { callback, repeats };
};

const fireTimer = (its, timerId) => {
  const timer = its.timers[timerId];
  if (!timer.repeats) {
    delete its.timers[timerId];
  }
  timer.callback();
};

const addHandler = (its, event, handler) => {
  if (typeof handler === 'function') {
    its.handlers[event] = [...(its.handlers[event] ?? []), handler];
  }
};

// What the script gets: members of its own that need no `this`, as in k6.
const makeSocket = (its) => ({
  on(event, handler) {
    addHandler(its, event, handler);
  },
  send(data) {
    const text = String(data ?? '');
    // That of another socket; handlers of errors may run meanwhile.
    while (its.unsent === null && putOff.say !== null) {
      sayWhatWasPutOff();
    }
    if (its.closed) {
      attempt(its, ws.send_texts(its.id, text));
    } else if (its.unsent === null) {
      its.unsent = text;
      putOff.say = its.sayUnsent;
    } else {
      its.unsent = typeof its.unsent === 'string' ? [its.unsent] : its.unsent;
      if (its.unsent.push(text) === UNSENT_MAX) {
        sayWhatWasPutOff();
      }
    }
  },
  sendBinary(data) {
    sendBinary(its, data);
  },
  ping() {
    attempt(its, ws.ping(its.id));
  },
  setTimeout(callback, delay) {
    startTimer(its, 'setTimeout', callback, delay, false);
  },
  setInterval(callback, interval) {
    startTimer(its, 'setInterval', callback, interval, true);
  },
  close(...args) {
    if (!its.closed) {
      close(its, args.length === 0 ? GOING_AWAY : finite(Math.trunc(Number(args[0])) || 0));
    }
  },
});

const dispatch = (its, event) => {
  if (typeof event === 'string') {
    return emit(its, 'message', event);
  }
  const kind = event[0];
  switch (kind) {
    case 'binaryMessage':
      return emit(its, kind, event[1]);
    case 'timer':
      return fireTimer(its, event[1]);
    case 'closed':
      attempt(its, event[2]);
      return finish(its, event[1]);
    default:
      return emit(its, kind);
  }
};

const dispatchAll = (its, [problem, ...events]) => {
  its.events = events;
  its.position = 0;
  attempt(its, problem);
  while (its.position < events.length && !its.closed) {
    its.position += 1;
    dispatch(its, events[its.position - 1]);
  }
};

// How many messages have come of which the script will not hear.
const isMessage = (event) => typeof event === 'string' || event[0] === 'binaryMessage';
const unheard = (its) => (its.position < its.events.length ? its.events.slice(its.position).filter(isMessage).length : 0);

const readParams = (params) => {
  if (params === null || params === undefined) {
    return null;
  }
  const given = Object(params);
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
    jar: handleOf(given.jar),
    compression: compression === 'deflate',
  };
};

// A virtual user that has left the init context does not come back to it.
let isInVu = false;

export function connect(...args) {
  if (!isInVu) {
    ws.check_context();
    isInVu = true;
  }
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
    const its = newState(socket);
    // The loop stands in the function that the script calls, and calls the host itself: each function between the two
    // would be 1.6 KiB of C stack of this virtual user, copied whenever it waits and goes on.
    try {
      setup(makeSocket(its));
      emit(its, 'open');
      while (!its.closed) {
        while (its.unsent === null && putOff.say !== null) {
          sayWhatWasPutOff();
        }
        if (its.closed) {
          break;
        }
        // If something is put off, it is this.
        const texts = its.unsent;
        its.unsent = null;
        putOff.say = null;
        const told = unwrap(callHost('k6/ws.next_events', socket, texts));
        if (typeof told === 'string') {
          // One text message, which is what comes by the thousand: emit() without its call.
          const all = its.handlers.message;
          for (let index = 0; all !== undefined && index < all.length; index += 1) {
            const handler = all[index];
            handler(told);
          }
        } else {
          dispatchAll(its, told);
        }
      }
    } catch (error) {
      if (!its.closed) {
        close(its, GOING_AWAY);
      }
      throw error;
    } finally {
      ws.end(socket, unheard(its));
    }
  }
  return response;
}

export default { connect };
