// setup() runs once before everybody, what it returns goes to each iteration and to teardown().
import ws from 'k6/ws';
import { check, fail } from 'k6';

const url = __ENV.WS_URL || 'ws://127.0.0.1:8080';

export const options = { vus: 2, iterations: 4, setupTimeout: '10s', teardownTimeout: '10s' };

function ask(text) {
  let answer = null;
  ws.connect(url, {}, (socket) => {
    socket.on('open', () => socket.send(text));
    socket.on('message', (message) => {
      answer = message;
      socket.close();
    });
    socket.setTimeout(() => socket.close(), 5000);
  });
  return answer;
}

export function setup() {
  const token = ask('token');
  if (token === null) {
    fail(`no answer from ${url}`);
  }
  return { token, startedAt: Date.now() };
}

export default function (data) {
  check(ask(data.token), { 'the token is valid': (token) => token === data.token });
}

export function teardown(data) {
  console.log(`done after ${Date.now() - data.startedAt} ms`);
  check(data, { 'teardown has the data of setup': (d) => d.token === 'token' });
}
