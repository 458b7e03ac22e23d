// Each virtual user counts text messages until a binary one asks for the count, which bench/push_server.py checks.
import { WebSocket } from 'k6/websockets';

export const options = {
  scenarios: { all: { executor: 'per-vu-iterations', vus: Number(__ENV.VUS) } },
};

export default function () {
  let count = 0;
  const socket = new WebSocket(__ENV.WS_URL);
  socket.binaryType = 'arraybuffer';
  socket.onmessage = (event) => {
    if (typeof event.data === 'string') {
      count += 1;
    } else {
      socket.send(String(count));
      socket.close();
    }
  };
}
