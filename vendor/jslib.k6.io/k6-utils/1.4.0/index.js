// What https://grafana.com/docs/k6/latest/javascript-api/jslib/utils/ documents for k6-utils 1.4.0, written
// anew for k6py from that page.
import exec from 'k6/execution';

const LOWERCASE = 'abcdefghijklmnopqrstuvwxyz';
const UNIT_MS = { ns: 1e-6, us: 1e-3, 'µs': 1e-3, ms: 1, s: 1000, m: 60000, h: 3600000, d: 86400000 };

// Both bounds may come out.
export function randomIntBetween(min, max) {
  return min + Math.floor(Math.random() * (max - min + 1));
}

export function randomItem(array) {
  return array[Math.floor(Math.random() * array.length)];
}

export function randomString(length, charset = LOWERCASE) {
  let text = '';
  for (let i = 0; i < length; i++) {
    text += charset[Math.floor(Math.random() * charset.length)];
  }
  return text;
}

// By Math.random, so that randomSeed() repeats it; secure takes the cryptographic generator.
export function uuidv4(secure = false) {
  if (secure) {
    return crypto.randomUUID();
  }
  const bytes = Array.from({ length: 16 }, () => Math.floor(Math.random() * 256));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

// The first text between left and right, '' for none; with repeat all of them, [] for none.
export function findBetween(content, left, right, repeat = false) {
  const found = [];
  let end = 0;
  while (repeat || found.length === 0) {
    const at = content.indexOf(left, end);
    const start = at + left.length;
    const stop = at < 0 ? -1 : content.indexOf(right, start);
    // Before the end of the last one: an empty mark is found at the end of the content for ever.
    if (stop < 0 || at < end) {
      break;
    }
    found.push(content.slice(start, stop));
    // At least one further, also when both marks are empty.
    end = Math.max(stop + right.length, at + 1);
  }
  return repeat ? found : (found[0] ?? '');
}

// A bell curve from two standard deviations before its height to two behind it.
export function normalDistributionStages(maxVus, durationSeconds, numberOfStages = 10) {
  const last = numberOfStages - 1;
  const heights = Array.from({ length: numberOfStages }, (_, i) => {
    const deviation = last === 0 ? 0 : (4 * i) / last - 2;
    return Math.exp((-deviation * deviation) / 2);
  });
  const peak = Math.max(...heights);
  const endOf = (i) => Math.round((durationSeconds * i) / numberOfStages);
  return heights.map((height, i) => ({
    duration: `${endOf(i + 1) - endOf(i)}s`,
    target: Math.round((maxVus * height) / peak),
  }));
}

// For executors with stages only.
export function getCurrentStageIndex() {
  return stageIndex(currentScenario());
}

// Puts the tag stage on every sample of the iteration from here on.
export function tagWithCurrentStageIndex() {
  exec.vu.tags.stage = getCurrentStageIndex();
}

// Puts the tag stage_profile on every sample: ramp-up, steady or ramp-down, by the target before.
export function tagWithCurrentStageProfile() {
  const scenario = currentScenario();
  const index = stageIndex(scenario);
  const before = index > 0 ? scenario.stages[index - 1].target : (scenario.startVUs ?? scenario.startRate ?? 0);
  const change = scenario.stages[index].target - before;
  exec.vu.tags.stage_profile = change === 0 ? 'steady' : change > 0 ? 'ramp-up' : 'ramp-down';
}

function currentScenario() {
  const scenario = exec.test.options.scenarios[exec.scenario.name];
  if (!Array.isArray(scenario.stages) || scenario.stages.length === 0) {
    throw new Error(`only executors with stages have a current stage, and ${scenario.executor} has none`);
  }
  return scenario;
}

function stageIndex({ stages }) {
  let elapsedMs = Date.now() - exec.scenario.startTime;
  for (let i = 0; i < stages.length; i++) {
    elapsedMs -= durationMs(stages[i].duration);
    if (elapsedMs < 0) {
      return i;
    }
  }
  // Iterations go on into gracefulStop.
  return stages.length - 1;
}

// A duration as options have it: a number of milliseconds or a text such as 1m30s.
function durationMs(duration) {
  if (typeof duration === 'number') {
    return duration;
  }
  let sumMs = 0;
  for (const [, number, unit] of duration.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h|d)/g)) {
    sumMs += Number(number) * UNIT_MS[unit];
  }
  return sumMs;
}
