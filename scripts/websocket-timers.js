// Three virtual users that send every 20 ms, ping the server, and leave after a while.
import ws from 'k6/ws';
import { check } from 'k6';

const url = __ENV.WS_URL || 'ws://127.0.0.1:8080';

export const options = { vus: 3, iterations: 3 };

export default function () {
  let sent = 0;
  let received = 0;
  let pongs = 0;

  const response = ws.connect(url, { tags: { kind: 'timers' } }, (socket) => {
    socket.on('open', () => {
      socket.setInterval(() => {
        socket.send(`message ${++sent} of VU ${__VU}`);
        socket.ping();
      }, 20);
      socket.setTimeout(() => socket.close(), 300);
    });
    socket.on('message', () => received++);
    socket.on('pong', () => pongs++);
  });

  check(response, { 'status is 101': (r) => r && r.status === 101 });
  check(received, {
    'messages came back': (n) => n > 0,
    'none came unasked': (n) => n <= sent,
  });
  check(pongs, { 'pings were answered': (n) => n > 0 });
}
