// Each virtual user sends 16 KiB and waits for them, EACH times.
import ws from 'k6/ws';

export const options = {
  scenarios: { all: { executor: 'per-vu-iterations', vus: Number(__ENV.VUS) } },
  // Bytes, too: a threshold without a sample holds.
  thresholds: { ws_msgs_received: [`count==${__ENV.VUS * __ENV.EACH}`], data_received: ['count>0'] },
};

const data = new ArrayBuffer(16 * 1024);

export default function () {
  let left = Number(__ENV.EACH);
  ws.connect(__ENV.WS_URL, (socket) => {
    socket.on('open', () => socket.sendBinary(data));
    socket.on('binaryMessage', () => {
      left -= 1;
      if (left > 0) {
        socket.sendBinary(data);
      } else {
        socket.close();
      }
    });
  });
}
