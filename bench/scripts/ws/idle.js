// Each virtual user opens a socket, and does nothing until bench/push_server.py closes it.
import ws from 'k6/ws';

export const options = {
  scenarios: { all: { executor: 'per-vu-iterations', vus: Number(__ENV.VUS) } },
};

export default function () {
  ws.connect(__ENV.WS_URL, (socket) => {
    socket.on('message', () => {});
  });
}
