// k6/html: https://grafana.com/docs/k6/latest/javascript-api/k6-html/
// All of it stands in selection.js and elements.js, where k6/http finds it, too, and only when it needs it.
import { lazy } from 'k6py:kernel';

export const { parseHTML } = lazy('k6py:html')();

export default { parseHTML };
