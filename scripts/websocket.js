// The shortest WebSocket test: say something, get it back, close.
//   k6py echo-server --port 8080
//   k6py run scripts/websocket.js
import ws from 'k6/ws';
import { check } from 'k6';

const url = __ENV.WS_URL || 'ws://127.0.0.1:8080';

export default function () {
  const response = ws.connect(url, {}, (socket) => {
    socket.on('open', () => socket.send('ping'));
    socket.on('message', (message) => {
      console.log(`received: ${message}`);
      check(message, { 'the message came back': (m) => m === 'ping' });
      socket.close();
    });
    socket.on('error', (error) => console.error(error.error()));
  });

  check(response, { 'status is 101': (r) => r && r.status === 101 });
}
