// k6/experimental/csv: https://grafana.com/docs/k6/latest/javascript-api/k6-experimental/csv/
import { GoError, lazy, ops } from 'k6py:kernel';
import { fileStates } from 'k6py:file-states';
import { sharedView } from 'k6py:shared-view';

const { namedError } = lazy('k6py:named-error')();
const { turns } = lazy('k6py:turns')();
const csv = ops('k6/experimental/csv');
const turn = turns(csv.pause);

const requireFile = (file) => {
  if (file !== undefined && file !== null && typeof file !== 'object' && typeof file !== 'function') {
    throw new GoError(`first argument expected to be a fs.File instance, got ${typeof file} instead`);
  }
  const state = fileStates.get(file);
  if (state === undefined) {
    throw new GoError('failed to create a new parser; reason: the reader cannot be nil');
  }
  return state;
};

const MAX = Number.MAX_SAFE_INTEGER;
const integer = (value) => Math.max(-MAX, Math.min(Math.trunc(Number(value)) || 0, MAX));

// In the order of the host's CsvOptions. A member that is there counts, whatever its value.
const readOptions = (options, failure) => {
  if (options === null) {
    throw new TypeError('Cannot convert undefined or null to object');
  }
  const given = Object(options);
  const delimiter = 'delimiter' in given ? String(given.delimiter) : ',';
  if (!/^[\0-\x7f]$/.test(delimiter)) {
    throw new GoError(`${failure}; reason: delimiter must be a single character`);
  }
  const fromLine = integer(given.fromLine);
  const toLine = integer(given.toLine);
  if ('fromLine' in given && 'toLine' in given && fromLine >= toLine) {
    throw new GoError(`${failure}; reason: fromLine must be less than or equal to toLine`);
  }
  return [delimiter, Boolean(given.skipFirstLine), fromLine, toLine, Boolean(given.asObjects)];
};

// Bad arguments are thrown, a bad file rejects the promise.
export function parse(file, options) {
  const state = requireFile(file);
  const read = readOptions(options, 'failed to interpret the provided Parser options');
  return (async () => {
    const [table, length] = csv.parse(state.url, state.position, read);
    return sharedView(length, (index) => csv.row(table, index));
  })();
}

// The file's content from its position on, which is its end then.
const takeRest = (state) => {
  const { position } = state;
  state.position = state.size;
  return position;
};

// Gives the next row, undefined at the end. Rows come from the host some at a time.
const rowsOf = (parser, state) => {
  let rows = [];
  let next = 0;
  let failure;
  const refill = () => {
    [rows, failure] = csv.next_rows(parser);
    next = 0;
    return rows.length > 0 || failure !== null;
  };
  return () => {
    while (next === rows.length) {
      if (typeof failure === 'string') {
        const text = failure;
        failure = undefined;
        throw namedError('', text);
      }
      if (!refill()) {
        if (state.position >= state.size) {
          return undefined;
        }
        // A script that seeks reads the file once more.
        csv.rewind(parser, takeRest(state));
      }
    }
    next += 1;
    return rows[next - 1];
  };
};

export class Parser {
  constructor(file, options) {
    if (file === undefined || file === null) {
      throw new GoError('csv Parser constructor takes at least one non-nil source argument');
    }
    const state = requireFile(file);
    const read = readOptions(options, 'encountered an error while interpreting Parser options');
    const [, skipFirstLine, fromLine, , asObjects] = read;
    // Without lines to read now, the file's position counts when the first row is asked for.
    const start = skipFirstLine || fromLine > 0 || asObjects ? takeRest(state) : state.size;
    const nextRow = rowsOf(csv.new_parser(state.url, start, read), state);
    this.next = async () => {
      const value = nextRow();
      return turn(value === undefined ? { done: true, value: [] } : { done: false, value });
    };
  }
}

export default { parse, Parser };
