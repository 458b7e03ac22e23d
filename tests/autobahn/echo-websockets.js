// A client for the Autobahn fuzzing server: every case over k6/websockets, each message sent back as what it came.
import { WebSocket } from 'k6/websockets';

const { WS_URL: url, AGENT: agent } = __ENV;

export const options = { scenarios: { default: { executor: 'shared-iterations', maxDuration: '24h' } } };

// Settles when the socket is closed.
const converse = (path, params, onMessage) => new Promise((resolve) => {
  const socket = new WebSocket(`${url}/${path}agent=${agent}`, null, params);
  socket.binaryType = 'arraybuffer';
  socket.onmessage = ({ data }) => onMessage(socket, data);
  socket.onclose = resolve;
});

export default async function () {
  let count = 0;
  await converse('getCaseCount?', {}, (_, message) => { count = Number(message); });
  for (let number = 1; number <= count; number += 1) {
    await converse(`runCase?case=${number}&`, { compression: 'deflate' }, (socket, message) => socket.send(message));
  }
  await converse('updateReports?', {}, () => {});
}
