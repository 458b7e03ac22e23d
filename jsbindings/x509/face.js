// k6/crypto/x509, which k6's documentation does not have; observed in k6 v2.2.0.
import { GoError, ops } from 'k6py:kernel';

const x509 = ops('k6/crypto/x509');

// What Go gets for a []byte: other than in k6/crypto nothing is empty, and whatever can be gone through is bytes.
const bytesOf = (value) => {
  if (value === undefined || value === null || typeof value === 'symbol') {
    return '';
  }
  if (typeof value === 'string' || value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
    return value;
  }
  const complaint = 'could not convert function call parameter 0: ';
  if (typeof value !== 'object' && typeof value !== 'function') {
    throw new TypeError(`${complaint}could not convert ${value} to []uint8`);
  }
  if (typeof value === 'function' || (value[Symbol.iterator] === undefined && value.length === undefined)) {
    throw new TypeError(`${complaint}cannot convert ${value} to []uint8: not an array or iterable`);
  }
  return Uint8Array.from(value);
};

const read = (encoded) => x509.read(bytesOf(encoded));

const COMMON_NAME = '2.5.4.3';
const COUNTRY = '2.5.4.6';
const LOCALITY = '2.5.4.7';
const STATE_OR_PROVINCE = '2.5.4.8';
const STREET_ADDRESS = '2.5.4.9';
const ORGANIZATION = '2.5.4.10';
const ORGANIZATIONAL_UNIT = '2.5.4.11';
const POSTAL_CODE = '2.5.4.17';

const nameReader = (attributes) => {
  const all = (wanted) => attributes.filter(([type]) => type === wanted).map(([, value]) => value);
  const first = (wanted) => all(wanted)[0] ?? '';
  const names = attributes.map(([type, value]) => Object.seal({ type, value }));
  // Of several common names the last one counts, of everything else the first.
  return { all, first, names, commonName: all(COMMON_NAME).at(-1) ?? '' };
};

// Members of k6's objects can be set, but none be added or deleted.

const subjectOf = (attributes) => {
  const { all, first, names, commonName } = nameReader(attributes);
  return Object.seal({
    commonName,
    country: first(COUNTRY),
    postalCode: first(POSTAL_CODE),
    stateOrProvinceName: first(STATE_OR_PROVINCE),
    localityName: first(LOCALITY),
    streetAddress: first(STREET_ADDRESS),
    organizationName: first(ORGANIZATION),
    organizationalUnitName: all(ORGANIZATIONAL_UNIT),
    names,
  });
};

const issuerOf = (attributes) => {
  const { first, names, commonName } = nameReader(attributes);
  return Object.seal({
    commonName,
    country: first(COUNTRY),
    stateOrProvinceName: first(STATE_OR_PROVINCE),
    localityName: first(LOCALITY),
    organizationName: first(ORGANIZATION),
    names,
  });
};

const KEYS = {
  RSA: ({ n, e }) => ({ n: BigInt(n), e: Number(e) }),
  ECDSA: ({ x, y, name, bits }) => {
    const params = () => ({ bit_size: bits, name });
    return { curve: { params }, x: BigInt(x), y: BigInt(y), params };
  },
  DSA: (numbers) => {
    const [p, q, g, y] = [numbers.p, numbers.q, numbers.g, numbers.y].map(BigInt);
    return { parameters: { p, q, g }, p, q, g, y };
  },
};

const publicKeyOf = ({ algorithm, numbers }) => {
  if (KEYS[algorithm] === undefined) {
    throw new GoError('unsupported public key algorithm');
  }
  return Object.seal({ algorithm, key: Object.seal(KEYS[algorithm](numbers)) });
};

export const getSubject = (encoded) => subjectOf(read(encoded).subject);

export const getIssuer = (encoded) => issuerOf(read(encoded).issuer);

export const getAltNames = (encoded) => read(encoded).alt_names;

export const parse = (encoded) => {
  const certificate = read(encoded);
  return Object.seal({
    subject: subjectOf(certificate.subject),
    issuer: issuerOf(certificate.issuer),
    notBefore: certificate.not_before,
    notAfter: certificate.not_after,
    altNames: certificate.alt_names,
    signatureAlgorithm: certificate.signature_algorithm,
    fingerPrint: certificate.fingerprint,
    publicKey: publicKeyOf(certificate.public_key),
  });
};

export default { parse, getSubject, getIssuer, getAltNames };
