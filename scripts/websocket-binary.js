// Binary messages: ArrayBuffers out, ArrayBuffers back.
import ws from 'k6/ws';
import { check } from 'k6';

const url = __ENV.WS_URL || 'ws://127.0.0.1:8080';
const sizes = [1, 125, 126, 65535, 65536, 200000];

function pattern(size) {
  return Uint8Array.from({ length: size }, (_, index) => index % 251);
}

function equal(left, right) {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}

export default function () {
  const waiting = [...sizes];

  ws.connect(url, {}, (socket) => {
    socket.on('open', () => socket.sendBinary(pattern(waiting[0]).buffer));
    socket.on('binaryMessage', (data) => {
      const size = waiting.shift();
      check(new Uint8Array(data), { 'the bytes came back': (bytes) => equal(bytes, pattern(size)) });
      if (waiting.length > 0) {
        socket.sendBinary(pattern(waiting[0]).buffer);
      } else {
        socket.close();
      }
    });
  });

  check(waiting, { 'every size was tried': (left) => left.length === 0 });
}
