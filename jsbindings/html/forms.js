// The values of form controls and of data- attributes, as k6's Selection gives them. Loaded by lazy().
'use strict';

// --- data() ----------------------------------------------------------------------------------------------------------

// Words that k6 (by https://github.com/serenize/snaker) takes as one, written like this.
const INITIALISMS = ('ACL API ASCII CPU CSS DNS EOF ETA GPU GUID HTML HTTP HTTPS ID IP JSON LHS OS QPS RAM RHS RPC'
  + ' SLA SMTP SQL SSH TCP TLS TTL UDP UI UID UUID URI URL UTF8 VM XML XMPP XSRF XSS OAuth').split(' ');
const spellings = new Map(INITIALISMS.map((word) => [word.toLowerCase(), word]));
const longestFirst = [...INITIALISMS].sort((one, other) => other.length - one.length).join('|');
const WORD = new RegExp(`${longestFirst}|[A-Z][^A-Z]*|[^A-Z]+`, 'g');

const capitalised = (word) => spellings.get(word) ?? word.slice(0, 1).toUpperCase() + word.slice(1);

// user-id: userID
const keyOf = (name) => {
  const [first, ...others] = name.split('-');
  return first + others.flatMap((part) => part.split('_')).map(capitalised).join('');
};

// userID: user-id
const nameOf = (key) => (key.match(WORD) ?? []).join('-').toLowerCase().replaceAll('_', '-');

// The shortest decimal form without an exponent, as Go's strconv.FormatFloat(number, 'f', -1, 64).
const decimal = (number) => {
  const [, sign, whole, fraction = '', exponent] = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(number) ?? [];
  if (exponent === undefined) {
    return Object.is(number, -0) ? '-0' : String(number);
  }
  const digits = whole + fraction;
  return exponent < 0
    ? `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
    : sign + digits.padEnd(Number(exponent) + 1, '0');
};

const CONSTANTS = new Map([
  ['true', true], ['false', false], ['null', undefined], ['undefined', undefined], ['', undefined],
  ['NaN', NaN], ['+Inf', Infinity], ['-Inf', -Infinity],
]);

// What k6 makes of an attribute's text: a number only when that number is written so.
const converted = (value) => {
  if (CONSTANTS.has(value)) {
    return CONSTANTS.get(value);
  }
  if (/^[{[]/.test(value)) {
    try {
      return JSON.parse(value);
    } catch {
      return value;
    }
  }
  return /^-?\d/.test(value) && decimal(Number(value)) === value ? Number(value) : value;
};

exports.data = (attributes, ...key) => {
  if (key.length > 0) {
    const name = `data-${nameOf(key[0])}`;
    const found = attributes.find(([, own]) => own === name);
    return found && converted(found[2]);
  }
  return attributes.length === 0 ? undefined : Object.fromEntries(attributes
    .filter(([, name]) => name.length > 5 && name.startsWith('data-'))
    .map(([, name, value]) => [keyOf(name.slice(5)), converted(value)]));
};

// --- val() and serialize() -------------------------------------------------------------------------------------------

const selected = (page, node) => page.ask('find', [node], 'option[selected]');

const values = {
  button: (page, node) => page.attribute(node, 'value') ?? '',
  input: (page, node) => page.attribute(node, 'value')
    ?? (['checkbox', 'radio'].includes(page.attribute(node, 'type')) ? 'on' : ''),
  option: (page, node) => page.attribute(node, 'value') ?? page.ask('inner_html', node),
  select(page, node) {
    const chosen = selected(page, node).map((option) => values.option(page, option));
    return page.attribute(node, 'multiple') === undefined ? chosen[0] ?? '' : chosen;
  },
  textarea: (page, node) => page.ask('inner_html', node),
};

const value = (page, node) => {
  const [[, name]] = page.ask('describe', [node]);
  return Object.hasOwn(values, name) ? values[name](page, node) : undefined;
};

exports.value = value;

const CONTROLS = 'input, select, textarea, keygen';
const NEVER_SENT = ['submit', 'button', 'image', 'reset', 'file'];

// k6 takes a box as checked only when its attribute says checked="checked".
const isSent = (page, node) => {
  const type = page.attribute(node, 'type');
  const isChosen = !['checkbox', 'radio'].includes(type) || page.attribute(node, 'checked') === 'checked';
  return Boolean(page.attribute(node, 'name')) && isChosen && !NEVER_SENT.includes(type);
};

exports.fields = (page, nodes) => {
  const hasForm = page.ask('matching', nodes, 'form').length > 0;
  return page.ask(hasForm ? 'find' : 'matching', nodes, CONTROLS).filter((node) => isSent(page, node))
    .map((node) => ({ name: page.attribute(node, 'name'), value: value(page, node) }));
};

// As Go's url.QueryEscape.
const escaped = (text) => encodeURIComponent(text)
  .replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
  .replaceAll('%20', '+');

exports.encode = (fields) => Object.keys(fields).sort()
  .flatMap((name) => [fields[name]].flat().map((one) => [name, one]))
  .filter(([, one]) => one !== undefined)
  .map((pair) => pair.map(escaped).join('='))
  .join('&');
