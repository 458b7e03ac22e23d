// Each virtual user opens a socket, and does nothing until bench/push_server.py closes it.
import { WebSocket } from 'k6/websockets';

export const options = {
  scenarios: { all: { executor: 'per-vu-iterations', vus: Number(__ENV.VUS) } },
};

export default function () {
  const socket = new WebSocket(__ENV.WS_URL);
  socket.onmessage = () => {};
}
