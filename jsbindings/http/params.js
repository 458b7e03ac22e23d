// What a script asks for in one request: address, params and body, read into what the host takes.
import { GoError, handleOf } from 'k6py:kernel';
import { goText, goType } from 'k6py:go-text';
import { readBody } from 'k6py:http/body';
import { tagValues } from 'k6py:tags';

// --- expected statuses -----------------------------------------------------------------------------------------------

const statusRanges = new WeakMap();
let defaultRanges = [[200, 399]];

const statusRange = (status, index) => {
  const [low, high] = typeof status === 'number' ? [status, status] : [status?.min, status?.max];
  if (Number.isInteger(low) && Number.isInteger(high)) {
    return [low, high];
  }
  if (typeof status === 'object' && low !== undefined && high !== undefined) {
    throw new GoError(`both min and max need to be integers for argument number ${index + 1}`);
  }
  throw new GoError(`argument number ${index + 1} to expectedStatuses was neither an integer nor an object like`
    + ' {min:100, max:329}');
};

export function expectedStatuses(...statuses) {
  if (statuses.length === 0) {
    throw new GoError('no arguments');
  }
  const callback = {};
  statusRanges.set(callback, statuses.map(statusRange));
  return callback;
}

const rangesOf = (callback, complaint) => {
  const ranges = callback === null ? null : statusRanges.get(Object(callback));
  if (ranges === undefined) {
    throw new GoError(complaint);
  }
  return ranges;
};

export function setResponseCallback(...given) {
  defaultRanges = rangesOf(given.length === 0 ? null : given[0], 'unsupported argument, expected http.expectedStatuses');
}

// --- addresses -------------------------------------------------------------------------------------------------------

const urls = new WeakMap();

const hidden = (text) => text.replace(/^([^/?#]*\/\/)([^/?#]*)@/, (all, before, credentials) => (
  `${before}${credentials.includes(':') ? '****:****' : '****'}@`));

// A template tag: its name stands for all URLs that it makes.
export function url(strings, ...values) {
  const name = strings.join('${}');
  const text = String.raw({ raw: [...strings] }, ...values);
  const shown = hidden(text);
  const made = { name, url: text, clean_url: shown, clean: () => shown, getURL: () => text };
  // A name without a host in front is as k6 gives it; the request shows it in both tags.
  urls.set(made, { url: text, name });
  return made;
}

export const isAddress = (value) => typeof value === 'string' || value instanceof String || urls.has(Object(value));

const BAD_URL = 1020;

const readAddress = (address) => {
  if (!isAddress(address)) {
    throw Object.assign(new GoError(`invalid URL: '#${goText(address)}'`), { code: BAD_URL });
  }
  return urls.get(Object(address)) ?? { url: String(address), name: '' };
};

// --- params ----------------------------------------------------------------------------------------------------------

const readCookies = (cookies) => {
  const given = Object.entries(Object(cookies ?? {})).filter(([, cookie]) => cookie !== null && cookie !== undefined);
  return given.map(([name, cookie]) => (typeof cookie === 'object' && !Array.isArray(cookie)
    ? [name, String(cookie.value), Boolean(cookie.replace)]
    : [name, String(cookie), false]));
};

const readTimeout = (timeout) => {
  if (timeout === undefined || typeof timeout === 'string') {
    return timeout ?? null;
  }
  if (typeof timeout !== 'number') {
    throw new GoError(`invalid timeout value: unable to use type ${goType(timeout)} as a duration value`);
  }
  return Math.min(Math.max(timeout, 0), Number.MAX_SAFE_INTEGER) || 0;
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
  jar: handleOf(given.jar),
  tags: tagValues(given.tags, 'invalid HTTP request metric tags: ') ?? {},
  timeout: readTimeout(given.timeout),
  redirects: readRedirects(given.redirects),
  response_type: given.responseType === undefined ? null : String(given.responseType),
  compression: given.compression === undefined ? '' : String(given.compression),
  auth: String(given.auth ?? ''),
  expected: given.responseCallback === undefined ? defaultRanges
    : rangesOf(given.responseCallback, 'unsupported responseCallback'),
  throw: given.throw === undefined || given.throw === null ? null : Boolean(given.throw),
});

const hasHeader = (headers, lowerName) => headers.some(([name]) => name.toLowerCase() === lowerName);

// The request. Throws a GoError, perhaps with a `code`, for what k6 refuses.
export const readRequest = (method, address, body, params) => {
  const { url: to, name } = readAddress(address);
  const payload = readBody(body);
  const read = readParams(Object(params ?? {}));
  if (payload.type !== null && !hasHeader(read.headers, 'content-type')) {
    read.headers.push(['Content-Type', payload.type]);
  }
  if (name !== '' && read.tags.name === undefined) {
    read.tags.name = name;
  }
  return { method, url: to, body: payload.data, params: read };
};
