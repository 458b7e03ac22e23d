// Each virtual user connects and closes, EACH times.
import { WebSocket } from 'k6/websockets';

export const options = {
  scenarios: {
    all: { executor: 'per-vu-iterations', vus: Number(__ENV.VUS), iterations: Number(__ENV.EACH) },
  },
  // Bytes, too: a threshold without a sample holds.
  thresholds: { ws_sessions: [`count==${__ENV.VUS * __ENV.EACH}`], data_received: ['count>0'] },
};

export default function () {
  const socket = new WebSocket(__ENV.WS_URL);
  socket.onopen = () => socket.close();
}
