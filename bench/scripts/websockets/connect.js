// Each virtual user connects and closes, EACH times.
import { WebSocket } from 'k6/websockets';

export const options = {
  scenarios: {
    all: { executor: 'per-vu-iterations', vus: Number(__ENV.VUS), iterations: Number(__ENV.EACH) },
  },
  thresholds: { ws_sessions: [`count==${__ENV.VUS * __ENV.EACH}`] },
};

export default function () {
  const socket = new WebSocket(__ENV.WS_URL);
  socket.onopen = () => socket.close();
}
