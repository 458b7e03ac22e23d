// Each virtual user counts text messages until a binary one asks for the count, which bench/push_server.py checks.
import ws from 'k6/ws';

export const options = {
  scenarios: { all: { executor: 'per-vu-iterations', vus: Number(__ENV.VUS) } },
};

export default function () {
  let count = 0;
  ws.connect(__ENV.WS_URL, (socket) => {
    socket.on('message', () => {
      count += 1;
    });
    socket.on('binaryMessage', () => {
      socket.send(String(count));
      socket.close();
    });
  });
}
