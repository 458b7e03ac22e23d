// Each virtual user opens a socket, and asks EACH times when it is its turn; no answer may come 100 ms after that.
import ws from 'k6/ws';
import { EACH, note, PERIOD_MS, VUS } from '../answers.js';

export { options, setup } from '../answers.js';

export default function (beginsAt) {
  ws.connect(__ENV.WS_URL, (socket) => {
    let dueAt = beginsAt + (__VU / VUS) * PERIOD_MS;
    let left = EACH;
    const askWhenDue = () => socket.setTimeout(() => socket.send('hello world'), Math.max(dueAt - Date.now(), 1));
    socket.on('open', askWhenDue);
    socket.on('message', () => {
      note(dueAt);
      left -= 1;
      dueAt += PERIOD_MS;
      if (left > 0) {
        askWhenDue();
      } else {
        socket.close();
      }
    });
  });
}
