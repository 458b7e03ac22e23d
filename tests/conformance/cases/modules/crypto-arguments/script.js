import crypto from 'k6/crypto';
import { b64encode, b64decode } from 'k6/encoding';

const inputs = {
  nothing: undefined, none: null, integer: 5, large: 2 ** 60, fraction: 1.5, zero: -0, truth: true, text: '\u00e4\ud83d\ude00', lone: 'a\ud800b', empty: '',
  symbol: Symbol('x'), bigint: 10n, boxed: new String('text'), boxedNumber: new Number(5), array: [1, 2], object: {}, map: new Map([[1, 2]]), set: new Set([1]),
  date: new Date(0), regexp: /x/, promise: Promise.resolve(1), arrow: () => 1, klass: class {}, error: new Error('x'),
  buffer: new Uint8Array([1, 2, 255]).buffer, bytes: new Uint8Array([1, 2, 3, 4]).subarray(1, 3), clamped: new Uint8ClampedArray([1, 255]),
  i8: new Int8Array(1), u16: new Uint16Array(1), i16: new Int16Array(1), u32: new Uint32Array(1), i32: new Int32Array(1), f32: new Float32Array(1), f64: new Float64Array(1),
  i64: new BigInt64Array(1), u64: new BigUint64Array(1), view: new DataView(new ArrayBuffer(1)),
};
const texts = { nothing: undefined, none: null, number: 5, list: ['hex'], symbol: Symbol('hex'), upper: 'HEX', object: { toString: () => 'hex' }, map: new Map() };

const attempt = (name, f) => {
  let found;
  try {
    found = JSON.stringify(f());
  } catch (e) {
    found = String(e);
  }
  console.log(name, found);
};

export default function () {
  for (const name of Object.keys(inputs)) {
    const input = inputs[name];
    attempt(name, () => crypto.md5(input, 'hex'));
    attempt(name, () => crypto.hexEncode(input));
    attempt(name, () => crypto.hmac('md5', input, 'd', 'hex'));
    attempt(name, () => b64encode(input));
    attempt(name, () => {
      const hasher = crypto.createHash('md5');
      return [typeof hasher.update(input), hasher.digest('hex')];
    });
  }
  for (const name of Object.keys(texts)) {
    const text = texts[name];
    attempt(name, () => crypto.md5('a', text));
    attempt(name, () => crypto.hmac(text, 5, 5, 5));
    attempt(name, () => crypto.createHMAC(text, 'k').digest('hex'));
    attempt(name, () => b64encode('hi?>', text));
    attempt(name, () => b64decode('aGk=', 'std', text).byteLength);
  }
  for (const size of [undefined, 0, -1, 0.9, 1.9, NaN, Infinity, '7', 'x', true, [3]]) attempt(`size ${size}`, () => crypto.randomBytes(size).byteLength);
}
