// A client for the Autobahn fuzzing server: every case over k6/ws, each message sent back as what it came.
import ws from 'k6/ws';

const { WS_URL: url, AGENT: agent } = __ENV;

export const options = { scenarios: { default: { executor: 'shared-iterations', maxDuration: '24h' } } };

export default function () {
  let count = 0;
  ws.connect(`${url}/getCaseCount`, {}, (socket) => {
    socket.on('message', (message) => { count = Number(message); });
  });
  for (let number = 1; number <= count; number += 1) {
    ws.connect(`${url}/runCase?case=${number}&agent=${agent}`, { compression: 'deflate' }, (socket) => {
      socket.on('message', (message) => socket.send(message));
      socket.on('binaryMessage', (message) => socket.sendBinary(message));
    });
  }
  ws.connect(`${url}/updateReports?agent=${agent}`, {}, () => {});
}
