// The global open(): https://grafana.com/docs/k6/latest/javascript-api/init-context/open/
import { callingFile, ops } from 'k6py:kernel';

const files = ops('k6py:files');

export function open(path, mode) {
  const from = callingFile();
  return mode === 'b' ? files.read_binary(String(path ?? ''), from) : files.read_text(String(path ?? ''), from);
}
