// k6/encoding: https://grafana.com/docs/k6/latest/javascript-api/k6-encoding/
import { ops } from 'k6py:kernel';
import { bytesOf, textOf } from 'k6py:go-values';

const encoding = ops('k6/encoding');

export const b64encode = (input, alphabet) => {
  const name = textOf(alphabet);
  return encoding.encode(bytesOf(input), name);
};

export const b64decode = (input, alphabet, format) => (
  encoding.decode(textOf(input), textOf(alphabet), textOf(format) === 's'));

export default { b64encode, b64decode };
