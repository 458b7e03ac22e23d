// Response: https://grafana.com/docs/k6/latest/javascript-api/k6-http/response/
import { GoError, lazy } from 'k6py:kernel';
import { encodeForm } from 'k6py:http/body';
import { http } from 'k6py:http/host';

const encoding = lazy('k6py:text-encoding');

export const notAvailable = (name) => new GoError(`${name} is not available in this version of k6py`);

const pushTo = (table, name, value) => {
  if (!Object.hasOwn(table, name)) {
    Object.defineProperty(table, name, { value: [], writable: true, enumerable: true, configurable: true });
  }
  table[name].push(value);
};

// The values of each name, in order.
export const grouped = (pairs) => {
  const table = {};
  for (const [name, value] of pairs) {
    pushTo(table, name, value);
  }
  return table;
};

// Bytes are shown as text, for which they are decoded when somebody looks: few do, and uploads can be large.
const showBytes = (request, bytes) => {
  const settle = (value) => Object.defineProperty(request, 'body', { value, writable: true });
  Object.defineProperty(request, 'body', {
    get: () => settle(new (encoding().TextDecoder)().decode(bytes)).body,
    set: settle,
    enumerable: true,
    configurable: true,
  });
};

const sentRequest = (sent, body) => {
  const request = {
    method: sent.method,
    url: sent.url,
    headers: grouped(sent.headers),
    body: body ?? '',
    // Whether a cookie replaced another is not told, as in k6.
    cookies: grouped(sent.cookies.map(([name, value]) => [name, { name, value, replace: false }])),
  };
  if (typeof request.body !== 'string') {
    showBytes(request, body);
  }
  return request;
};

// --- JSON selectors --------------------------------------------------------------------------------------------------

// The selectors that nearly all scripts use; the host knows the whole of GJSON, for the price of parsing once more.
const SIMPLE = /^[\w-]+(?:\.[\w-]+)*$/;

const step = (value, name) => {
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

const html = lazy('k6py:html');

let send;

export class Response {
  #parsed;

  #parsedBody = null;

  // Takes what the host tells, in k6's order of members.
  constructor(data, sentBody) {
    Object.assign(this, data, {
      headers: Object.fromEntries(data.headers),
      cookies: grouped(data.cookies.map((cookie) => [cookie.name, cookie])),
      ocsp: {
        produced_at: 0, this_update: 0, next_update: 0, revoked_at: 0, revocation_reason: '', status: data.ocsp,
      },
      request: data.request === null ? null : sentRequest(data.request, sentBody),
    });
  }

  // The body as text, to make `format` of it.
  #text(format) {
    if (this.body === null || this.body === undefined) {
      throw new GoError(`the body is null so we can't transform it to ${format} - this likely was because of a request`
        + ' error getting the response');
    }
    if (typeof this.body === 'string') {
      return this.body;
    }
    return Array.isArray(this.body) ? '' : new (encoding().TextDecoder)().decode(this.body);
  }

  #parse() {
    const text = this.#text('JSON');
    if (this.#parsedBody !== this.body) {
      this.#parsed = JSON.parse(text);
      this.#parsedBody = this.body;
    }
    return this.#parsed;
  }

  json(...selectors) {
    let value;
    try {
      value = this.#parse();
    } catch (error) {
      if (!(error instanceof SyntaxError)) {
        throw error;
      }
      if (selectors.length > 0) {
        return undefined;
      }
      throw new GoError(`cannot parse json due to an error: ${error.message}`);
    }
    if (selectors.length === 0) {
      return value;
    }
    const selector = String(selectors[0] ?? '');
    return SIMPLE.test(selector)
      ? copied(selector.split('.').reduce(step, value))
      : http.select_json(this.#text('JSON'), selector)?.[0];
  }

  html(...selector) {
    const page = html().parseHTML(this.#text('HTML'));
    page.url = this.url;
    return selector.length === 0 ? page : page.find(String(selector[0]));
  }

  submitForm(given = {}) {
    const { formSelector = 'form', submitSelector = '[type="submit"]', fields, params } = given;
    const form = this.html(String(formSelector));
    if (form.size() === 0) {
      throw new GoError(`no form found for selector '${formSelector}' in response '${this.url}'`);
    }
    const values = form.serializeObject();
    const submit = form.find(String(submitSelector));
    if (submit.attr('name') !== undefined) {
      values[submit.attr('name')] = submit.val();
    }
    Object.assign(values, fields);
    const method = (form.attr('method') || 'GET').toUpperCase();
    const action = form.attr('action') ?? '';
    return method === 'GET'
      ? send(method, http.resolve(this.url, action, encodeForm(values)), null, params)
      : send(method, http.resolve(this.url, action, null), values, params);
  }

  clickLink(given = {}) {
    const { selector = 'a[href]', params } = given;
    const link = this.html(String(selector));
    if (link.size() === 0) {
      throw new GoError(`no element found for selector '${selector}' in response '${this.url}'`);
    }
    const href = link.attr('href');
    if (href === undefined) {
      throw new GoError(`no valid href attribute value found on element '${selector}' in response '${this.url}'`);
    }
    return send('GET', http.resolve(this.url, href, null), null, params);
  }
}

// The request() of face.js, which makes responses and so cannot be imported here.
export const sendWith = (request) => {
  send = request;
};
