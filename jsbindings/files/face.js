// The global open(): https://grafana.com/docs/k6/latest/javascript-api/init-context/open/ . Loaded by lazy().
'use strict';

const { callingFile } = kernel.lazy('k6py:kernel/stacks')();
const files = kernel.ops('k6py:files');

exports.open = function open(path, mode) {
  const from = callingFile();
  return mode === 'b' ? files.read_binary(String(path ?? ''), from) : files.read_text(String(path ?? ''), from);
};
