// The global crypto object: https://grafana.com/docs/k6/latest/javascript-api/crypto/
// Loaded by lazy(); few scripts use more than its random values.
'use strict';

const { lazy, ops } = kernel;
const subtle = lazy('k6py:subtle');
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

class CryptoKey {
  constructor() {
    throw new TypeError('Illegal constructor');
  }
}

exports.crypto = {
  getRandomValues,
  randomUUID,
  get subtle() {
    return subtle().subtle;
  },
  CryptoKey,
};
exports.CryptoKey = CryptoKey;
