// k6/crypto: https://grafana.com/docs/k6/latest/javascript-api/k6-crypto/
import { GoError, lazy, ops } from 'k6py:kernel';
import { bytesOf, integerOf, textOf } from 'k6py:go-values';

const { onForgotten } = lazy('k6py:kernel/forgotten')();
const crypto = ops('k6/crypto');

const ALGORITHMS = ['md4', 'md5', 'sha1', 'sha256', 'sha384', 'sha512', 'sha512_224', 'sha512_256', 'ripemd160'];
const ENCODINGS = ['hex', 'base64', 'base64url', 'base64rawurl', 'binary'];

const checkAlgorithm = (name) => {
  if (!ALGORITHMS.includes(name)) {
    throw new GoError(`invalid algorithm: ${name}`);
  }
};

const checkEncoding = (name) => {
  if (!ENCODINGS.includes(name)) {
    throw new GoError(`invalid output encoding: ${name}`);
  }
};

// The order of the checks is k6's: algorithm, key, data, encoding.

const hashWith = (algorithm) => (input, outputEncoding) => {
  const encoding = textOf(outputEncoding);
  const data = bytesOf(input, `${algorithm} failed: `);
  checkEncoding(encoding);
  return crypto.hash(algorithm, data, encoding);
};

export const md4 = hashWith('md4');
export const md5 = hashWith('md5');
export const sha1 = hashWith('sha1');
export const sha256 = hashWith('sha256');
export const sha384 = hashWith('sha384');
export const sha512 = hashWith('sha512');
export const sha512_224 = hashWith('sha512_224');
export const sha512_256 = hashWith('sha512_256');
export const ripemd160 = hashWith('ripemd160');

export const hmac = (algorithm, secret, data, outputEncoding) => {
  const name = textOf(algorithm);
  const encoding = textOf(outputEncoding);
  checkAlgorithm(name);
  const key = bytesOf(secret);
  const message = bytesOf(data);
  checkEncoding(encoding);
  return crypto.hmac(name, key, message, encoding);
};

// Numbers of hashers that nothing refers to any more. The host hears of them when it makes the next one: a call at the
// moment itself may come while an iteration is cut off, when the host refuses every call.
const forgotten = [];

// The state is the host's, of a fixed size whatever is fed. Both methods keep its number, also when a script takes them
// from the object.
const hasher = (number) => {
  const state = { number };
  forgotten.length = 0;
  onForgotten(state, () => forgotten.push(number));
  return Object.freeze({
    digest(outputEncoding) {
      const encoding = textOf(outputEncoding);
      checkEncoding(encoding);
      return crypto.digest(state.number, encoding);
    },
    update(input) {
      crypto.update(state.number, bytesOf(input));
    },
  });
};

export const createHash = (algorithm) => {
  const name = textOf(algorithm);
  checkAlgorithm(name);
  return hasher(crypto.create_hash(name, forgotten));
};

export const createHMAC = (algorithm, secret) => {
  const name = textOf(algorithm);
  checkAlgorithm(name);
  return hasher(crypto.create_hmac(name, bytesOf(secret), forgotten));
};

export const hexEncode = (data) => crypto.hex_encode(bytesOf(data));

export const randomBytes = (size) => crypto.random_bytes(integerOf(size));

export default {
  md4, md5, sha1, sha256, sha384, sha512, sha512_224, sha512_256, ripemd160, hmac, createHash, createHMAC, hexEncode,
  randomBytes,
};
