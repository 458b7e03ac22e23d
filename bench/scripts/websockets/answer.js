// Each virtual user opens a socket, and asks EACH times when it is its turn; no answer may come 100 ms after that.
import { WebSocket } from 'k6/websockets';
import { EACH, note, PERIOD_MS, VUS } from '../answers.js';

export { options, setup } from '../answers.js';

export default function (beginsAt) {
  let dueAt = beginsAt + (__VU / VUS) * PERIOD_MS;
  let left = EACH;
  const socket = new WebSocket(__ENV.WS_URL);
  const askWhenDue = () => setTimeout(() => socket.send('hello world'), Math.max(dueAt - Date.now(), 1));
  socket.onopen = askWhenDue;
  socket.onmessage = () => {
    note(dueAt);
    left -= 1;
    dueAt += PERIOD_MS;
    if (left > 0) {
      askWhenDue();
    } else {
      socket.close();
    }
  };
}
