// k6/data: https://grafana.com/docs/k6/latest/javascript-api/k6-data/sharedarray/
import { GoError, ops } from 'k6py:kernel';
import { sharedView } from 'k6py:shared-view';

const data = ops('k6/data');

// Characters per op: the data is never in memory as a whole in a third form.
const PART_LENGTH = 1 << 20;

const isAsync = (value) => Object.prototype.toString.call(value) === '[object AsyncFunction]';

const send = (name, items) => {
  data.begin();
  let rows = [];
  let length = 0;
  for (let i = 0; i < items.length; i += 1) {
    // As in an array: what JSON has not (undefined, functions) is null.
    const row = JSON.stringify(items[i]) ?? 'null';
    rows.push(row);
    length += row.length;
    if (length > PART_LENGTH) {
      data.send(rows);
      rows = [];
      length = 0;
    }
  }
  data.send(rows);
  return data.end(name);
};

const view = (number, length) => sharedView(length, (index) => data.row(number, index));

export class SharedArray {
  constructor(name, make) {
    const key = String(name);
    const known = data.find(key);
    if (typeof make !== 'function') {
      throw new GoError("a function is expected as the second argument of SharedArray's constructor");
    }
    if (isAsync(make)) {
      throw new GoError('SharedArray constructor does not support async functions as second argument');
    }
    if (known) {
      return view(...known);
    }
    const items = make();
    if (!Array.isArray(items)) {
      throw new GoError('only arrays can be made into SharedArray');
    }
    return view(...send(key, items));
  }
}

export default { SharedArray };
