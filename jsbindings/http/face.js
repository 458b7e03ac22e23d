// k6/http: https://grafana.com/docs/k6/latest/javascript-api/k6-http/
// Requests, batches and cookie jars as scripts call them; what goes on the wire, cookies and metrics are the host's.
import { GoError, lazy, setHandle } from 'k6py:kernel';
import { goText, goType } from 'k6py:go-text';
import { Chunks, file } from 'k6py:http/body';
import { http } from 'k6py:http/host';
import { expectedStatuses, isAddress, readRequest, setResponseCallback, url } from 'k6py:http/params';
import { grouped, Response, sendWith } from 'k6py:http/response';

const { onForgotten } = lazy('k6py:kernel/forgotten')();
export { expectedStatuses, file, setResponseCallback, url };

// --- requests --------------------------------------------------------------------------------------------------------

// The request as the host takes it, or the response to one that is refused.
const ask = (method, address, body, params) => {
  http.check_context();
  try {
    return readRequest(method === null || method === undefined ? '' : String(method), address, body, params);
  } catch (error) {
    if (!(error instanceof GoError)) {
      throw error;
    }
    return new Response(http.refuse(error.message, error.code ?? 0), null);
  }
};

export function request(method, address, body, params) {
  const asked = ask(method, address, body, params);
  return asked instanceof Response
    ? asked
    : new Response(http.request(asked.method, asked.url, asked.body, asked.params), asked.body);
}

export async function asyncRequest(method, address, body, params) {
  const asked = ask(method, address, body, params);
  if (asked instanceof Response) {
    return asked;
  }
  const prepared = http.prepare(asked.method, asked.url, asked.body, asked.params);
  return new Response(typeof prepared === 'number' ? await http.send_prepared(prepared) : prepared, asked.body);
}

sendWith(request);

export const get = (address, params) => request('GET', address, null, params);
export const head = (address, params) => request('HEAD', address, null, params);
export const post = (address, body, params) => request('POST', address, body, params);
export const put = (address, body, params) => request('PUT', address, body, params);
export const patch = (address, body, params) => request('PATCH', address, body, params);
export const del = (address, body, params) => request('DELETE', address, body, params);
export const options = (address, body, params) => request('OPTIONS', address, body, params);

// --- batches ---------------------------------------------------------------------------------------------------------

const methodOf = (method) => {
  if (typeof method !== 'string') {
    throw new GoError(`invalid method type '${goText(method)}'`);
  }
  return method;
};

const listed = (items) => items.map((item) => (typeof item === 'string' ? JSON.stringify(item) : goText(item)));

// One request of a batch: an address, [method, address, body, params], or an object with these names.
const readItem = (item, key) => {
  if (Array.isArray(item)) {
    if (item.length < 2) {
      throw new GoError(`invalid batch request '[]interface {}{${listed(item).join(', ')}}'`);
    }
    const [method, address, body, params] = item;
    return readRequest(methodOf(method), address, body, params);
  }
  if (isAddress(item) || item === null || typeof item !== 'object') {
    return readRequest('GET', item);
  }
  if (!('url' in item)) {
    throw new GoError(`batch request ${key} doesn't have a url key`);
  }
  const method = methodOf('method' in item ? item.method : 'GET').toUpperCase();
  return readRequest(method, item.url, method === 'GET' ? null : item.body, item.params);
};

// The responses to the items of an array; null behind one that is no request.
const sendTogether = (items, keys) => {
  const chunks = new Chunks();
  const entries = [];
  const bodies = [];
  for (const [index, item] of items.entries()) {
    try {
      const asked = readItem(item, keys[index]);
      bodies.push(asked.body);
      entries.push({ ...asked, body: chunks.add(asked.body) });
    } catch (error) {
      if (!(error instanceof GoError)) {
        throw error;
      }
      entries.push({ refused: error.message, code: error.code ?? 0 });
      break;
    }
  }
  const told = http.batch(entries, chunks.join());
  return items.map((_, index) => (index < told.length ? new Response(told[index], bodies[index]) : null));
};

export function batch(...given) {
  http.check_batch_context();
  if (given.length !== 1) {
    throw new GoError(given.length === 0
      ? 'no argument was provided to http.batch()'
      : 'http.batch() accepts only an array or an object of requests');
  }
  const [requests] = given;
  if (Array.isArray(requests) || requests instanceof Set) {
    const items = [...requests];
    return sendTogether(items, Object.keys(items));
  }
  if (goType(requests) !== 'map[string]interface {}') {
    throw new GoError(`invalid http.batch() argument type ${goType(requests)}`);
  }
  const names = Object.keys(requests);
  const responses = sendTogether(Object.values(requests), names);
  return Object.fromEntries(names.map((name, index) => [name, responses[index]]).filter((pair) => pair[1] !== null));
}

// --- cookie jars -----------------------------------------------------------------------------------------------------

// Numbers of jars that nobody refers to, to be given back with the next one that is made.
const forgottenJars = [];
const OWN_JAR = Symbol('the jar of the virtual user');

export class CookieJar {
  #number = null;

  constructor(which) {
    if (which !== OWN_JAR) {
      // Not when they are forgotten: that may be while the host takes no calls.
      this.#number = http.create_jar(forgottenJars.splice(0));
      const number = this.#number;
      setHandle(this, number);
      onForgotten(this, () => forgottenJars.push(number));
    }
  }

  set(address, name, value, settings) {
    const given = Object(settings ?? {});
    http.set_cookie(this.#number, String(address), String(name), String(value ?? ''), {
      domain: String(given.domain ?? ''),
      path: String(given.path ?? ''),
      expires: String(given.expires ?? ''),
      max_age: Math.trunc(Number(given.max_age ?? 0)) || 0,
      secure: Boolean(given.secure),
      http_only: Boolean(given.http_only),
    });
    return true;
  }

  cookiesForURL(address) {
    return grouped(http.cookies_for(this.#number, String(address)));
  }

  clear(address) {
    http.clear_cookies(this.#number, String(address));
  }

  delete(address, name) {
    http.delete_cookie(this.#number, String(address), String(name));
  }
}

export function cookieJar() {
  http.check_jar_context();
  return new CookieJar(OWN_JAR);
}

// --- constants -------------------------------------------------------------------------------------------------------

export const TLS_1_0 = 'tls1.0';
export const TLS_1_1 = 'tls1.1';
export const TLS_1_2 = 'tls1.2';
export const TLS_1_3 = 'tls1.3';
export const OCSP_STATUS_GOOD = 'good';
export const OCSP_STATUS_REVOKED = 'revoked';
export const OCSP_STATUS_SERVER_FAILED = 'server_failed';
export const OCSP_STATUS_UNKNOWN = 'unknown';
export const OCSP_REASON_AA_COMPROMISE = 'aa_compromise';
export const OCSP_REASON_AFFILIATION_CHANGED = 'affiliation_changed';
export const OCSP_REASON_CA_COMPROMISE = 'ca_compromise';
export const OCSP_REASON_CERTIFICATE_HOLD = 'certificate_hold';
export const OCSP_REASON_CESSATION_OF_OPERATION = 'cessation_of_operation';
export const OCSP_REASON_KEY_COMPROMISE = 'key_compromise';
export const OCSP_REASON_PRIVILEGE_WITHDRAWN = 'privilege_withdrawn';
export const OCSP_REASON_REMOVE_FROM_CRL = 'remove_from_crl';
export const OCSP_REASON_SUPERSEDED = 'superseded';
export const OCSP_REASON_UNSPECIFIED = 'unspecified';

export default {
  get, head, post, put, patch, del, options, request, asyncRequest, batch, file, url,
  cookieJar, CookieJar, expectedStatuses, setResponseCallback,
  TLS_1_0, TLS_1_1, TLS_1_2, TLS_1_3,
  OCSP_STATUS_GOOD, OCSP_STATUS_REVOKED, OCSP_STATUS_SERVER_FAILED, OCSP_STATUS_UNKNOWN,
  OCSP_REASON_AA_COMPROMISE, OCSP_REASON_AFFILIATION_CHANGED, OCSP_REASON_CA_COMPROMISE,
  OCSP_REASON_CERTIFICATE_HOLD, OCSP_REASON_CESSATION_OF_OPERATION, OCSP_REASON_KEY_COMPROMISE,
  OCSP_REASON_PRIVILEGE_WITHDRAWN, OCSP_REASON_REMOVE_FROM_CRL, OCSP_REASON_SUPERSEDED, OCSP_REASON_UNSPECIFIED,
};
