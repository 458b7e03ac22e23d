// The random part of the global crypto object: https://grafana.com/docs/k6/latest/javascript-api/crypto/
import { GoError, ops } from 'k6py:kernel';

const host = ops('k6py:webcrypto');

const QUOTA_BYTES = 65536;
const integerArrays = new Set(['Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array',
  'Int32Array', 'Uint32Array', 'BigInt64Array', 'BigUint64Array']);

const domError = (name, message) => Object.assign(new Error(message), { name });

function getRandomValues(array) {
  if (!ArrayBuffer.isView(array) || !integerArrays.has(array[Symbol.toStringTag])) {
    throw domError('TypeMismatchError', 'getRandomValues() takes an integer typed array');
  }
  if (array.byteLength > QUOTA_BYTES) {
    throw domError('QuotaExceededError', `getRandomValues() gives at most ${QUOTA_BYTES} bytes at once`);
  }
  const random = new Uint8Array(host.random_bytes(array.byteLength));
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(random);
  return array;
}

const randomUUID = () => host.random_uuid();

const missing = (name) => {
  throw new GoError(`crypto.${name} is not available in this version of k6py`);
};

export const crypto = {
  getRandomValues,
  randomUUID,
  get subtle() {
    return missing('subtle');
  },
  get CryptoKey() {
    return missing('CryptoKey');
  },
};
