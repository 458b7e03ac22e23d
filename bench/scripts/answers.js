// What both scripts of bench/answers.py share: who asks when, and what may not happen.
import { Counter, Trend } from 'k6/metrics';

export const VUS = Number(__ENV.VUS);
export const EACH = Number(__ENV.EACH);
export const PERIOD_MS = Number(__ENV.PERIOD_MS);
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

// An answer to what was due at that time.
export function note(dueAt) {
  late.add(Date.now() - dueAt);
  answers.add(1);
}
