// Thresholds decide whether the test passed: the exit status is 99 when one is crossed.
import ws from 'k6/ws';
import { check } from 'k6';

const url = __ENV.WS_URL || 'ws://127.0.0.1:8080';

export const options = {
  vus: 5,
  iterations: 50,
  thresholds: {
    checks: ['rate==1'],
    ws_connecting: ['p(95)<2000', 'max<5000'],
    ws_session_duration: [{ threshold: 'p(90)<5000', abortOnFail: true, delayAbortEval: '1s' }],
    ws_msgs_received: ['count>=50'],
    'iteration_duration{scenario:default}': ['avg<5000'],
  },
};

export default function () {
  ws.connect(url, {}, (socket) => {
    socket.on('open', () => socket.send(`iteration ${__ITER}`));
    socket.on('message', (message) => {
      check(message, { 'the message came back': (m) => m === `iteration ${__ITER}` });
      socket.close();
    });
  });
}
