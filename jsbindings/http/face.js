// k6/http: https://grafana.com/docs/k6/latest/javascript-api/k6-http/
// Reads arguments and makes Response objects; requests, cookies and metrics are the host's.
import { GoError, handles, lazy, onForgotten, ops } from 'k6py:kernel';
import { tagValues } from 'k6py:tags';
import { TextDecoder } from 'k6py:text-encoding';

const http = ops('k6/http');
const html = lazy('k6py:html');

const notAvailable = (name) => new GoError(`${name} is not available in this version of k6py`);

const missing = (name) => () => {
  throw notAvailable(name);
};

const pushTo = (table, name, value) => {
  if (!Object.hasOwn(table, name)) {
    Object.defineProperty(table, name, { value: [], writable: true, enumerable: true, configurable: true });
  }
  table[name].push(value);
};

// The values of each name, in order.
const grouped = (pairs) => {
  const table = {};
  for (const [name, value] of pairs) {
    pushTo(table, name, value);
  }
  return table;
};

// --- JSON selectors --------------------------------------------------------------------------------------------------

// The keys of a path such as `a.b.0`; https://github.com/tidwall/gjson/blob/master/SYNTAX.md has more than that.
const pathKeys = (selector) => {
  const parts = selector.match(/(?:\\[^]|[^.\\])+|^(?=\.)|(?<=\.)(?=\.|$)/g) ?? [];
  return parts.map((part, index) => {
    const isLength = part === '#' && index === parts.length - 1;
    if (!isLength && /^[@!{[]|(?<!\\)[*?|#]/.test(part)) {
      throw notAvailable(`the '${part}' in the JSON selector '${selector}'`);
    }
    return { name: part.replace(/\\([^])/g, '$1'), isLength };
  });
};

const step = (value, { name, isLength }) => {
  if (isLength) {
    return Array.isArray(value) ? value.length : undefined;
  }
  if (value === null || typeof value !== 'object') {
    return undefined;
  }
  if (Array.isArray(value)) {
    return /^\d+$/.test(name) ? value[Number(name)] : undefined;
  }
  return Object.hasOwn(value, name) ? value[name] : undefined;
};

const copied = (value) => (value !== null && typeof value === 'object' ? JSON.parse(JSON.stringify(value)) : value);

// --- responses -------------------------------------------------------------------------------------------------------

class Response {
  #parsed;

  #parsedBody = null;

  constructor(data, requestBody) {
    const { ocsp_status: ocspStatus, request: sent, ...rest } = data;
    Object.assign(this, rest, {
      headers: Object.fromEntries(data.headers),
      cookies: grouped(data.cookies.map((cookie) => [cookie.name, cookie])),
      ocsp: {
        produced_at: 0, this_update: 0, next_update: 0, revoked_at: 0, revocation_reason: '', status: ocspStatus,
      },
      request: {
        method: sent.method,
        url: sent.url,
        headers: grouped(sent.headers),
        body: requestBody,
        cookies: grouped(sent.cookies.map(([name, value, replace]) => [name, { name, value, replace }])),
      },
    });
  }

  #parse() {
    if (this.body === null || this.body === undefined) {
      throw new GoError("the body is null so we can't transform it to JSON - this likely was because of a request"
        + ' error getting the response');
    }
    if (this.#parsedBody !== this.body) {
      const text = typeof this.body === 'string' ? this.body : new TextDecoder().decode(this.body);
      this.#parsed = JSON.parse(text);
      this.#parsedBody = this.body;
    }
    return this.#parsed;
  }

  json(selector) {
    const keys = selector === undefined ? null : pathKeys(String(selector));
    let value;
    try {
      value = this.#parse();
    } catch (error) {
      if (error instanceof SyntaxError) {
        if (keys !== null) {
          return undefined;
        }
        throw new GoError(`cannot parse json due to an error: ${error.message}`);
      }
      throw error;
    }
    if (keys === null) {
      return value;
    }
    return keys.length === 0 ? undefined : copied(keys.reduce(step, value));
  }

  html(...selector) {
    if (this.body === null || this.body === undefined) {
      throw new GoError("the body is null so we can't transform it to HTML - this likely was because of a request"
        + ' error getting the response');
    }
    const text = typeof this.body === 'string' ? this.body : new TextDecoder().decode(this.body);
    const page = html().parseHTML(text);
    page.url = this.url;
    return selector.length === 0 ? page : page.find(String(selector[0]));
  }

  submitForm() {
    throw notAvailable('Response.submitForm()');
  }

  clickLink() {
    throw notAvailable('Response.clickLink()');
  }
}

// --- expected statuses -----------------------------------------------------------------------------------------------

const statusRanges = new WeakMap();
let defaultRanges = [[200, 399]];

const statusRange = (status, index) => {
  const [low, high] = typeof status === 'number' ? [status, status] : [status?.min, status?.max];
  if (!Number.isInteger(low) || !Number.isInteger(high)) {
    throw new GoError(`argument number ${index + 1} to expectedStatuses was neither an integer nor an object like`
      + ' {min:100, max:329}');
  }
  return [low, high];
};

export function expectedStatuses(...statuses) {
  if (statuses.length === 0) {
    throw new GoError('no arguments');
  }
  const callback = {};
  statusRanges.set(callback, statuses.map(statusRange));
  return callback;
}

const rangesOf = (callback) => {
  const ranges = callback === null ? null : statusRanges.get(Object(callback));
  if (ranges === undefined) {
    throw new GoError('unsupported response callback: it must be made by http.expectedStatuses(), or be null');
  }
  return ranges;
};

export function setResponseCallback(callback) {
  defaultRanges = rangesOf(callback ?? null);
}

// --- arguments -------------------------------------------------------------------------------------------------------

const readCookies = (cookies) => Object.entries(Object(cookies ?? {})).map(([name, cookie]) => {
  if (cookie === null || typeof cookie !== 'object') {
    return [name, String(cookie), false];
  }
  return [name, String(cookie.value), Boolean(cookie.replace)];
});

const readTimeout = (timeout) => {
  if (timeout === undefined || timeout === null || typeof timeout === 'string') {
    return timeout ?? null;
  }
  const milliseconds = Number(timeout);
  if (!Number.isFinite(milliseconds)) {
    throw new GoError(`invalid timeout value: ${String(timeout)}`);
  }
  return milliseconds;
};

const readRedirects = (redirects) => {
  if (redirects === undefined || redirects === null) {
    return null;
  }
  return Math.min(Math.max(Math.trunc(Number(redirects)) || 0, 0), Number.MAX_SAFE_INTEGER);
};

const readParams = (given) => ({
  headers: Object.entries(Object(given.headers ?? {})).map(([name, value]) => [name, String(value)]),
  cookies: readCookies(given.cookies),
  jar: handles.get(Object(given.jar)) ?? null,
  tags: tagValues(given.tags) ?? {},
  timeout: readTimeout(given.timeout),
  redirects: readRedirects(given.redirects),
  response_type: String(given.responseType ?? ''),
  compression: String(given.compression ?? ''),
  auth: String(given.auth ?? ''),
  expected: given.responseCallback === undefined ? defaultRanges : rangesOf(given.responseCallback),
  throw: given.throw === undefined || given.throw === null ? null : Boolean(given.throw),
});

// As Go's url.QueryEscape.
const escapeForm = (text) => encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'))
  .replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
  .replaceAll('%20', '+');

const formText = (value) => (value === null || value === undefined ? '<nil>' : String(value));

const encodeForm = (fields) => {
  const pairs = [];
  for (const name of Object.keys(fields).sort()) {
    const values = Array.isArray(fields[name]) ? fields[name] : [fields[name]];
    for (const value of values) {
      pairs.push(`${escapeForm(name)}=${escapeForm(formText(value))}`);
    }
  }
  return pairs.join('&');
};

const FORM_TYPE = 'application/x-www-form-urlencoded';

// What goes out, what Response.request.body shows, and the content type that comes with it.
const readBody = (body) => {
  if (body === undefined || body === null) {
    return { data: null, shown: '', type: null };
  }
  if (typeof body === 'string') {
    return { data: body, shown: body, type: null };
  }
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) {
    return { data: body, shown: new TextDecoder().decode(body), type: null };
  }
  if (typeof body !== 'object' || Array.isArray(body)) {
    throw new GoError(`unknown request body type ${Array.isArray(body) ? 'array' : typeof body}`);
  }
  const form = encodeForm(body);
  return { data: form, shown: form, type: FORM_TYPE };
};

const hasHeader = (headers, lowerName) => headers.some(([name]) => name.toLowerCase() === lowerName);

// --- requests --------------------------------------------------------------------------------------------------------

const urls = new WeakMap();

export function request(method, address, body, params) {
  http.check_context();
  const verb = String(method);
  const url = urls.get(Object(address)) ?? { url: String(address), name: '' };
  const given = Object(params ?? {});
  let payload;
  let read;
  try {
    read = readParams(given);
    payload = readBody(body);
  } catch (error) {
    if (!(error instanceof GoError)) {
      throw error;
    }
    const throws = given.throw === undefined || given.throw === null ? null : Boolean(given.throw);
    return new Response(http.refuse(verb, url.url, error.message, throws), '');
  }
  if (payload.type !== null && !hasHeader(read.headers, 'content-type')) {
    read.headers.push(['Content-Type', payload.type]);
  }
  if (url.name !== '' && read.tags.name === undefined) {
    read.tags.name = url.name;
  }
  return new Response(http.request(verb, url.url, payload.data, read), payload.shown);
}

export const get = (address, params) => request('GET', address, null, params);
export const head = (address, params) => request('HEAD', address, null, params);
export const post = (address, body, params) => request('POST', address, body, params);
export const put = (address, body, params) => request('PUT', address, body, params);
export const patch = (address, body, params) => request('PATCH', address, body, params);
export const del = (address, body, params) => request('DELETE', address, body, params);
export const options = (address, body, params) => request('OPTIONS', address, body, params);

// A template tag: its name stands for all URLs that it makes.
export function url(strings, ...values) {
  const name = strings.join('${}');
  const text = String.raw({ raw: [...strings] }, ...values);
  const hidden = text.replace(/^([^/?#]*\/\/)[^/?#]*@/, '$1****:****@');
  const made = { name, url: text, clean_url: hidden, clean: () => hidden, getURL: () => text };
  // A name without a host in front is as k6 gives it; the request shows it in both tags.
  urls.set(made, { url: text, name });
  return made;
}

export const asyncRequest = missing('http.asyncRequest');
export const batch = missing('http.batch');
export const file = missing('http.file');

// --- cookie jars -----------------------------------------------------------------------------------------------------

const OWN_JAR = Symbol('the jar of the virtual user');

export class CookieJar {
  #number = null;

  constructor(which) {
    if (which !== OWN_JAR) {
      this.#number = http.create_jar();
      const number = this.#number;
      handles.set(this, number);
      onForgotten(this, () => http.drop_jar(number));
    }
  }

  set(address, name, value, settings) {
    const given = Object(settings ?? {});
    http.set_cookie(this.#number, String(address), String(name), String(value), {
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
