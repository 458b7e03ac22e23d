// k6/timers: https://grafana.com/docs/k6/latest/javascript-api/k6-timers/
import { lazy } from 'k6py:kernel';

export const { setTimeout, clearTimeout, setInterval, clearInterval } = lazy('k6py:timers')();
export default { setTimeout, clearTimeout, setInterval, clearInterval };
