// Each virtual user opens a socket, and asks EACH times when it is its turn; no answer may come 100 ms after that.
import { WebSocket } from 'k6/websockets';
import { Counter, Trend } from 'k6/metrics';

const VUS = Number(__ENV.VUS);
const EACH = Number(__ENV.EACH);
const PERIOD_MS = Number(__ENV.PERIOD_MS);
// From the start of the test: all have connected by then.
const QUIET_MS = Number(__ENV.QUIET_MS);

const answers = new Counter('answers');
const late = new Trend('late', true);

export const options = {
  scenarios: { all: { executor: 'per-vu-iterations', vus: VUS, maxDuration: '1h' } },
  thresholds: { answers: [`count==${VUS * EACH}`], late: ['max<100'], ws_sessions: [`count==${VUS}`] },
  setupTimeout: '10m',
};

export function setup() {
  return Date.now() + QUIET_MS;
}

export default function (beginsAt) {
  let dueAt = beginsAt + (__VU / VUS) * PERIOD_MS;
  let left = EACH;
  const socket = new WebSocket(__ENV.WS_URL);
  const askWhenDue = () => setTimeout(() => socket.send('hello world'), Math.max(dueAt - Date.now(), 1));
  socket.onopen = askWhenDue;
  socket.onmessage = () => {
    late.add(Date.now() - dueAt);
    answers.add(1);
    left -= 1;
    dueAt += PERIOD_MS;
    if (left > 0) {
      askWhenDue();
    } else {
      socket.close();
    }
  };
}
