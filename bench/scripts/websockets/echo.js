// Each virtual user sends 11 bytes and waits for them, EACH times.
import { WebSocket } from 'k6/websockets';

export const options = {
  scenarios: { all: { executor: 'per-vu-iterations', vus: Number(__ENV.VUS) } },
  // Bytes, too: a threshold without a sample holds.
  thresholds: { ws_msgs_received: [`count==${__ENV.VUS * __ENV.EACH}`], data_received: ['count>0'] },
};

export default function () {
  let left = Number(__ENV.EACH);
  const socket = new WebSocket(__ENV.WS_URL);
  socket.onopen = () => socket.send('hello world');
  socket.onmessage = () => {
    left -= 1;
    if (left > 0) {
      socket.send('hello world');
    } else {
      socket.close();
    }
  };
}
