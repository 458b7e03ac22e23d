// Each virtual user connects and closes, EACH times.
import ws from 'k6/ws';

export const options = {
  scenarios: {
    all: { executor: 'per-vu-iterations', vus: Number(__ENV.VUS), iterations: Number(__ENV.EACH) },
  },
  // Bytes, too: a threshold without a sample holds.
  thresholds: { ws_sessions: [`count==${__ENV.VUS * __ENV.EACH}`], data_received: ['count>0'] },
};

export default function () {
  ws.connect(__ENV.WS_URL, (socket) => {
    socket.on('open', () => socket.close());
  });
}
