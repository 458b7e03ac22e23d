// crypto.subtle: https://grafana.com/docs/k6/latest/javascript-api/crypto/subtlecrypto/ , a part of
// https://www.w3.org/TR/WebCryptoAPI/. Arguments are read here; keys and algorithms are the host's. Loaded by lazy().
'use strict';

const { GoError, lazy, ops } = kernel;
const { onForgotten } = lazy('k6py:kernel/forgotten')();
const { namedError, take } = lazy('k6py:named-error')();
const { turns } = lazy('k6py:turns')();
const { CryptoKey } = lazy('k6py:webcrypto')();

const host = ops('k6py:subtle');
const turn = turns(host.pause);

// The host's number of each key.
const ids = new WeakMap();

const makeKey = ({ id, type, extractable, algorithm, usages }) => {
  if (algorithm.publicExponent !== undefined) {
    algorithm.publicExponent = new Uint8Array(algorithm.publicExponent);
  }
  const members = { type, extractable, algorithm, usages };
  const key = Object.create(CryptoKey.prototype, Object.fromEntries(
    Object.entries(members).map(([name, value]) => [name, { value, enumerable: true }]),
  ));
  ids.set(key, id);
  onForgotten(key, () => host.forget(id));
  return key;
};

const makeKeys = (made) => (made.privateKey === undefined
  ? makeKey(made)
  : { privateKey: makeKey(made.privateKey), publicKey: makeKey(made.publicKey) });

// --- arguments -------------------------------------------------------------------------------------------------------

const readKey = (key) => {
  const id = ids.get(key);
  if (id === undefined) {
    const isNothing = key === undefined || key === null;
    throw namedError('TypeError', isNothing ? 'Object is null or undefined' : 'field algorithm is null or undefined');
  }
  return id;
};

const isBytes = (value) => value instanceof ArrayBuffer || ArrayBuffer.isView(value);

const readData = (data) => {
  if (data === undefined || data === null) {
    throw namedError('TypeError', 'data is null or undefined');
  }
  if (!isBytes(data)) {
    throw namedError('OperationError', 'data is neither an ArrayBuffer, nor a TypedArray nor DataView');
  }
  return data;
};

const MAX = Number.MAX_SAFE_INTEGER;
const integer = (value) => Math.max(-MAX, Math.min(Math.trunc(Number(value)) || 0, MAX));

// Bytes among an algorithm's members are few: they cross as numbers. A text stands for its UTF-8.
const octets = (value) => {
  if (isBytes(value)) {
    return Array.from(ArrayBuffer.isView(value)
      ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
      : new Uint8Array(value));
  }
  return typeof value === 'string' ? value : undefined;
};

const exponent = (value) => {
  if (!(value instanceof Uint8Array)) {
    throw namedError('OperationError', 'publicExponent is not a byte array');
  }
  return Array.from(value);
};

const publicKey = (key) => {
  const id = ids.get(key);
  if (id === undefined) {
    throw namedError('TypeError', "algorithm's public key is not a valid CryptoKey");
  }
  return id;
};

// How each member is read that an algorithm may have.
const readers = {
  hash: (hash) => String((typeof hash === 'object' ? hash.name : hash) ?? '').toUpperCase(),
  namedCurve: String,
  length: integer,
  tagLength: integer,
  modulusLength: integer,
  iterations: integer,
  saltLength: integer,
  iv: octets,
  counter: octets,
  additionalData: octets,
  label: octets,
  salt: octets,
  publicExponent: exponent,
  public: publicKey,
};

const readAlgorithm = (algorithm) => {
  if (typeof algorithm === 'string') {
    return { name: algorithm.toUpperCase() };
  }
  if (typeof algorithm !== 'object' || algorithm === null) {
    throw namedError('SyntaxError', 'algorithm cannot be interpreted as a string or an object');
  }
  const read = { name: String(algorithm.name ?? '').toUpperCase() };
  for (const [member, reader] of Object.entries(readers)) {
    const value = algorithm[member];
    if (value !== undefined && value !== null) {
      read[member] = reader(value);
    }
  }
  return read;
};

const readUsages = (usages) => {
  if (usages === undefined || usages === null) {
    return [];
  }
  if (!Array.isArray(usages)) {
    throw new TypeError('key usages must be an array');
  }
  return usages.map(String);
};

const formats = new Set(['raw', 'pkcs8', 'spki', 'jwk']);

const requireFormat = (format) => {
  if (!formats.has(format)) {
    throw namedError('ImplementationError', `unsupported format ${format ?? ''}`);
  }
};

// --- the methods: arguments are read when they are called ------------------------------------------------------------

const settled = (answer) => turn(take(answer));

const methods = {
  async digest(algorithm, data) {
    return settled(host.digest(readAlgorithm(algorithm), readData(data)));
  },

  async encrypt(algorithm, key, data) {
    return settled(host.encrypt(readAlgorithm(algorithm), readKey(key), readData(data)));
  },

  async decrypt(algorithm, key, data) {
    return settled(host.decrypt(readAlgorithm(algorithm), readKey(key), readData(data)));
  },

  async sign(algorithm, key, data) {
    return settled(host.sign(readAlgorithm(algorithm), readKey(key), readData(data)));
  },

  async verify(algorithm, key, signature, data) {
    return settled(host.verify(readAlgorithm(algorithm), readKey(key), readData(signature), readData(data)));
  },

  async generateKey(algorithm, extractable, usages) {
    const read = readAlgorithm(algorithm);
    const generate = read.name.startsWith('RSA') ? host.generate_rsa_key : host.generate_key;
    return makeKeys(await settled(await generate(read, Boolean(extractable), readUsages(usages))));
  },

  async deriveBits(algorithm, key, length) {
    return take(await host.derive_bits(readAlgorithm(algorithm), readKey(key), integer(length)));
  },

  async deriveKey(algorithm, key, derived, extractable, usages) {
    const args = [readAlgorithm(algorithm), readKey(key), readAlgorithm(derived)];
    return makeKey(take(await host.derive_key(...args, Boolean(extractable), readUsages(usages))));
  },

  async importKey(format, keyData, algorithm, extractable, usages) {
    requireFormat(format);
    const [data, jwk] = format === 'jwk' ? [null, keyData ?? {}] : [readData(keyData), null];
    const args = [readAlgorithm(algorithm), Boolean(extractable), readUsages(usages)];
    return makeKey(await settled(host.import_key(format, data, jwk, ...args)));
  },

  async exportKey(format, key) {
    const id = ids.get(key);
    if (id === undefined) {
      throw namedError('ImplementationError', 'unable to extract CryptoKey from key object');
    }
    return settled(host.export_key(String(format ?? ''), id));
  },

  async wrapKey() {
    throw new GoError('not implemented');
  },

  async unwrapKey() {
    throw new GoError('not implemented');
  },
};

// In the order in which k6 shows them.
exports.subtle = Object.fromEntries(Object.keys(methods).sort().map((name) => [name, methods[name]]));
