// A CommonJS script: require() instead of import, module.exports instead of export.
const ws = require('k6/ws');
const { check } = require('k6');

const url = __ENV.WS_URL || 'ws://127.0.0.1:8080';

module.exports.options = { vus: 1, iterations: 2 };

module.exports.default = function () {
  const response = ws.connect(url, {}, (socket) => {
    socket.on('open', () => socket.send('hello from CommonJS'));
    socket.on('message', (message) => {
      check(message, { 'the message came back': (m) => m === 'hello from CommonJS' });
      socket.close();
    });
  });

  check(response, { 'status is 101': (r) => r && r.status === 101 });
};
