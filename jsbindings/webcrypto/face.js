// The global crypto object: https://grafana.com/docs/k6/latest/javascript-api/crypto/
// Every virtual user has it and few use more than its random values: `subtle` is loaded by its first call.
import { ops } from 'k6py:kernel';

const host = ops('k6py:webcrypto');

const namedError = (name, message) => Object.assign(new Error(message), { name });

const QUOTA_BYTES = 65536;
const integerArrays = new Set(['Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array',
  'Int32Array', 'Uint32Array', 'BigInt64Array', 'BigUint64Array']);

function getRandomValues(array) {
  if (!ArrayBuffer.isView(array) || !integerArrays.has(array[Symbol.toStringTag])) {
    throw namedError('TypeMismatchError', 'getRandomValues() takes an integer typed array');
  }
  if (array.byteLength > QUOTA_BYTES) {
    throw namedError('QuotaExceededError', `getRandomValues() gives at most ${QUOTA_BYTES} bytes at once`);
  }
  const random = new Uint8Array(host.random_bytes(array.byteLength));
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(random);
  return array;
}

const randomUUID = () => host.random_uuid();

export class CryptoKey {
  constructor() {
    throw new TypeError('Illegal constructor');
  }
}

const methods = ['decrypt', 'deriveBits', 'deriveKey', 'digest', 'encrypt', 'exportKey', 'generateKey', 'importKey',
  'sign', 'unwrapKey', 'verify', 'wrapKey'];
let subtle;
let loaded;

const load = async (name, args) => {
  // The script may change its bytes meanwhile.
  const copies = args.map((value) => {
    const { buffer = value, byteOffset = 0, byteLength } = Object(value);
    return buffer instanceof ArrayBuffer ? buffer.slice(byteOffset, byteOffset + byteLength) : value;
  });
  loaded = (await import('k6py:subtle')).subtle;
  return loaded[name](...copies);
};

export const crypto = {
  getRandomValues,
  randomUUID,
  get subtle() {
    subtle ??= Object.fromEntries(methods.map((name) => [
      name, (...args) => loaded?.[name](...args) ?? load(name, args),
    ]));
    return subtle;
  },
  CryptoKey,
};
