// Groups divide an iteration, checks say what held in each, tags tell samples apart.
import ws from 'k6/ws';
import { check, group, sleep } from 'k6';
import { randomItem, randomString } from 'https://jslib.k6.io/k6-utils/1.4.0/index.js';

const url = __ENV.WS_URL || 'ws://127.0.0.1:8080';

function echo(path, text) {
  let answer;
  ws.connect(`${url}${path}`, { tags: { path } }, (socket) => {
    socket.on('open', () => socket.send(text));
    socket.on('message', (message) => {
      answer = message;
      socket.close();
    });
  });
  return answer;
}

export const options = { vus: 2, iterations: 4 };

export default function () {
  group('sign in', () => {
    const user = `user-${randomString(8)}`;
    check(echo('/login', user), { 'user is known': (name) => name === user }, { step: 'login' });
  });

  sleep(0.05);

  group('shop', () => {
    const fruit = randomItem(['apple', 'pear', 'plum']);
    group('look', () => check(echo('/items', fruit), { 'item is there': (item) => item === fruit }));
    group('buy', () => check(echo('/cart', `buy ${fruit}`), { 'item is bought': (order) => order.endsWith(fruit) }));
  });
}
