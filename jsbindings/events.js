// Events that the host tells of its own accord: each becomes a macrotask, or several, with all microtasks after each.
import {
  entries, fail, later, lazy, native, putOff, sayWhatWasPutOff, unwrap, vu,
} from 'k6py:kernel';

const { parse } = JSON;
const bytes = lazy('k6py:kernel/bytes');

// Macrotasks that an event made of itself, and messages that crossed together with the one that is handled now.
let extraMacrotasks = null;
export const runNext = (macrotasks) => {
  if (macrotasks.length > 0) {
    extraMacrotasks = [...(extraMacrotasks ?? []), ...macrotasks];
  }
};
let messages = null;
export const unheardMessages = () => (messages === null ? 0 : messages.texts.length - messages.position);

const forget = () => {
  extraMacrotasks = null;
  messages = null;
};
vu.events = { forget, unheardMessages };
vu.leftovers.push(forget);

// What an event's macrotask gives; a number tells that there are more.
const afterEvent = () => (extraMacrotasks !== null || messages !== null ? 1 : later(vu.outcome));

// The same when it threw.
export const failed = (error) => {
  fail(vu.outcome, error, false);
  forget();
  return true;
};

// The host's call for the next macrotask of what has crossed.
entries.step = () => {
  if (extraMacrotasks === null) {
    return nextMessage();
  }
  const [next, ...others] = extraMacrotasks;
  extraMacrotasks = null;
  runNext(others);
  try {
    next();
  } catch (error) {
    return failed(error);
  }
  return afterEvent();
};

// What a module does with one event of the host: a macrotask, in which its binding's words arrive.
export const onEvent = (module, receive) => {
  entries[`deliver ${module}`] = (answer) => {
    try {
      receive(unwrap(parse(answer)));
    } catch (error) {
      return failed(error);
    }
    return afterEvent();
  };
};

// The same for events that come by the thousand. What it is given are no words but a number, a text or an ArrayBuffer, and
// something true for the latter; it must not throw, and it gives what replied() or failed() gave.
export const onMessage = (module, receive) => {
  entries[`message ${module}`] = native
    ? receive
    : (number, data, isBinary) => receive(number, bytes().unpack(data), isBinary);
  entries[`messages ${module}`] = (number, json) => {
    messages = { receive, number, texts: parse(json)[0], position: 0 };
    return nextMessage();
  };
};

// One message, or all of them when there cannot be microtasks between two.
const nextMessage = () => {
  const { receive, number, texts } = messages;
  let told;
  do {
    const { position } = messages;
    if (position + 1 === texts.length) {
      messages = null;
    } else {
      messages.position = position + 1;
    }
    told = receive(number, texts[position]);
  } while (messages !== null && !entries.mayHaveMicrotasks && extraMacrotasks === null);
  return told;
};

// Ends the macrotask of a message. `reply` is a text that was put off, undefined for none: the host takes it with the
// return, unless there is more to learn or microtasks may say something before it gets there.
export const replied = (reply) => {
  if (!entries.mayHaveMicrotasks && extraMacrotasks === null && messages === null) {
    // Without a promise the iteration's function has returned; had it thrown, no event would come.
    if (reply !== undefined) {
      putOff.say = null;
      return reply;
    }
    if (putOff.say === null) {
      return undefined;
    }
  }
  while (putOff.say !== null) {
    sayWhatWasPutOff();
  }
  return afterEvent();
};
