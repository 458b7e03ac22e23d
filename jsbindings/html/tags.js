// Methods that only elements of one tag have, as functions of the element:
// https://grafana.com/docs/k6/latest/javascript-api/k6-html/element/
// k6 takes them from the DOM's interfaces, with exceptions that are kept here. Loaded by lazy().
'use strict';

const { lazy } = kernel;

const { html } = lazy('k6py:html')();

// --- what a method reads ---------------------------------------------------------------------------------------------

const string = (name, otherwise = '') => (element) => element.getAttribute(name) ?? otherwise;
const flag = (name) => (element) => element.hasAttribute(name);

// One of some values, the first of them for anything else.
const choice = (name, values) => (element) => {
  const value = element.getAttribute(name);
  return values.includes(value) ? value : values[0];
};

// As Go's strconv.Atoi.
const integer = (name, otherwise = 0) => (element) => {
  const value = element.getAttribute(name) ?? '';
  return /^[+-]?\d+$/.test(value) && Math.abs(value) < 2 ** 63 ? Number(value) + 0 : otherwise;
};

// As Go's strconv.ParseFloat.
const positive = (name, otherwise) => (element) => {
  const value = element.getAttribute(name) ?? '';
  const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value) ? Number(value) : -1;
  return number < 0 ? otherwise : number;
};

// A URL, as it is meant on a page whose own URL is known.
const resolved = (element, reference) => {
  const base = element.selection().url;
  return base === '' ? reference : html.resolve_link(base, reference);
};
const url = (name) => (element) => (element.hasAttribute(name) ? resolved(element, element.getAttribute(name)) : '');
const urlOrPage = (name) => (element) => resolved(element, element.getAttribute(name) ?? '');

const listed = (name) => (element) => (element.getAttribute(name) || undefined)?.split(' ') ?? [];
const within = (selector) => (element) => element.querySelectorAll(selector);
const firstWithin = (selector) => (element) => element.querySelector(selector);
const content = (element) => element.textContent();
const fixed = (value) => () => value;

const quoted = (value) => `"${value.replace(/["\\\n\r\f]/g, (sign) => `\\${sign.charCodeAt(0).toString(16)} `)}"`;
const withAttribute = (element, tag, name, value) => (
  element.ownerDocument().querySelectorAll(`${tag}[${name}=${quoted(value)}]`));
const around = (element, tag) => element.selection().parents(tag).get(0);

const form = (element) => {
  const id = element.getAttribute('form');
  return around(element, 'form') ?? (id === undefined ? undefined : withAttribute(element, '*', 'id', id)[0]);
};

const labels = (element) => {
  const own = element.selection().parents('label').first().get();
  const id = element.getAttribute('id');
  const others = id === undefined ? [] : withAttribute(element, 'label', 'for', id);
  return [...own, ...others.filter((other) => !own.some((one) => one.isSameNode(other)))];
};

const control = (element) => {
  const id = element.getAttribute('for');
  return id === undefined ? undefined : withAttribute(element, '*', 'id', id)[0];
};

const positionIn = (selector, rows) => (element) => {
  const outer = around(element, selector);
  const position = outer?.querySelectorAll(rows).findIndex((one) => one.isSameNode(element));
  return Math.max(0, position ?? 0);
};

// --- what several tags have in common --------------------------------------------------------------------------------

const ENCTYPES = ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain'];
const crossOrigin = choice('crossorigin', [undefined, 'anonymous', 'use-credentials']);
const referrerPolicy = choice('referrerpolicy',
  ['', 'no-referrer', 'no-referrer-when-downgrade', 'origin', 'origin-when-cross-origin', 'unsafe-url']);
const autocomplete = choice('autocomplete', ['on', 'off']);

const link = {
  accessKey: string('accesskey'),
  download: string('download'),
  href: url('href'),
  hrefLang: string('hreflang'),
  referrerPolicy,
  rel: string('rel'),
  relList: listed('rel'),
  target: string('target'),
  text: content,
  toString: url('href'),
  type: string('type'),
};
const PARTS = ['hash', 'host', 'hostname', 'origin', 'password', 'pathname', 'port', 'protocol', 'search', 'username'];
for (const part of PARTS) {
  link[part] = (element) => html.link_parts(element.href())[part];
}

const media = {
  autoplay: flag('autoplay'),
  controls: flag('controls'),
  crossOrigin,
  currentSrc: string('src'),
  defaultMuted: flag('muted'),
  loop: flag('loop'),
  mediaGroup: string('mediagroup'),
  muted: flag('muted'),
  preload: choice('preload', ['auto', 'metadata', 'none']),
  src: url('src'),
  textTracks: within('track'),
};

const formField = {
  accessKey: string('accesskey'),
  autofocus: flag('autofocus'),
  disabled: flag('disabled'),
  form,
  formAction: urlOrPage('formaction'),
  formEnctype: choice('formenctype', ENCTYPES),
  formMethod: (element) => (element.getAttribute('formmethod')?.toLowerCase() === 'post' ? 'post' : 'get'),
  formNoValidate: flag('formnovalidate'),
  formTarget: string('formtarget'),
  labels,
  name: string('name'),
  tabIndex: integer('tabindex'),
};

const modification = { cite: string('cite'), datetime: string('datetime') };
const section = { rows: within('tr') };
const cell = {
  cellIndex: (element) => element.selection().prevAll().size(),
  colSpan: integer('colspan', 1),
  headers: string('headers'),
  rowSpan: integer('rowspan', 1),
};

// --- tag by tag ------------------------------------------------------------------------------------------------------

exports.tags = {
  a: link,
  area: link,
  audio: media,
  base: { href: urlOrPage('href'), target: string('target') },
  button: {
    ...formField,
    type: choice('type', ['submit', 'button', 'menu', 'reset']),
    value: (element) => element.getAttribute('value') ?? element.innerHTML(),
  },
  canvas: { height: integer('height', 150), width: integer('width', 150) },
  col: { span: (element) => Math.max(1, integer('span', 1)(element)) },
  data: { value: string('value') },
  datalist: { options: within('option') },
  del: modification,
  embed: { height: string('height'), src: string('src'), type: string('type'), width: string('width') },
  fieldset: {
    disabled: flag('disabled'),
    elements: within('input, select, button, textarea'),
    form,
    name: string('name'),
    type: fixed('fieldset'),
    validity: fixed(undefined),
  },
  form: {
    acceptCharset: string('accept-charset'),
    action: url('action'),
    autocomplete,
    elements: within('input, select, button, textarea, fieldset'),
    encoding: choice('enctype', ENCTYPES),
    enctype: choice('enctype', ENCTYPES),
    length: (element) => element.elements().length,
    method: choice('method', ['get', 'post']),
    name: string('name'),
    noValidate: flag('novalidate'),
    target: string('target'),
  },
  iframe: {
    allowfullscreen: flag('allowfullscreen'),
    height: string('height'),
    name: string('name'),
    referrerPolicy,
    src: url('src'),
    width: string('width'),
  },
  img: {
    alt: string('alt'),
    crossOrigin,
    currentSrc: url('src'),
    height: integer('height'),
    isMap: flag('ismap'),
    name: string('name'),
    referrerPolicy,
    sizes: string('sizes'),
    src: url('src'),
    srcset: string('srcset'),
    useMap: string('usemap'),
    width: integer('width'),
  },
  input: {
    ...formField,
    accept: string('accept'),
    alt: string('alt'),
    autocomplete,
    checked: flag('checked'),
    defaultChecked: flag('checked'),
    defaultValue: string('value'),
    dirName: string('dirname'),
    height: string('height'),
    list: (element) => withAttribute(element, 'datalist', 'id', element.getAttribute('list') ?? '')[0],
    max: string('max'),
    maxLength: integer('maxlength', -1),
    min: string('min'),
    multiple: flag('multiple'),
    pattern: string('pattern'),
    placeholder: string('placeholder'),
    readonly: flag('readonly'),
    required: flag('required'),
    size: integer('size'),
    src: url('src'),
    step: string('step'),
    type: choice('type', ['text', 'button', 'checkbox', 'color', 'date', 'datetime-local', 'email', 'file', 'hidden',
      'image', 'month', 'number', 'password', 'radio', 'range', 'reset', 'search', 'submit', 'tel', 'time', 'url',
      'week']),
    value: string('value'),
    width: string('width'),
  },
  ins: modification,
  keygen: {
    autofocus: flag('autofocus'),
    challenge: string('challenge'),
    disabled: flag('disabled'),
    form,
    keytype: choice('keytype', ['RSA', 'DSA', 'EC']),
    labels,
    name: string('name'),
    type: fixed('keygen'),
  },
  label: { control, form, htmlFor: string('for') },
  legend: { accessKey: string('accesskey'), form },
  li: { type: choice('type', ['', '1', 'a', 'A', 'i', 'I', 'disc', 'square', 'circle']), value: integer('value') },
  link: {
    crossOrigin,
    href: url('href'),
    hreflang: string('hreflang'),
    media: string('media'),
    referrerPolicy,
    rel: string('rel'),
    relList: listed('rel'),
    target: string('target'),
    type: string('type'),
  },
  map: {
    areas: within('area'),
    images: (element) => withAttribute(element, ':not(a)', 'usemap', `#${element.name()}`),
    name: string('name'),
  },
  meta: {
    content: string('content'),
    httpEquiv: choice('http-equiv', ['content-type', 'default-style', 'refresh']),
    name: string('name'),
  },
  meter: {
    high: integer('high'),
    labels,
    low: integer('low'),
    max: integer('max'),
    min: integer('min'),
    optimum: integer('optimum'),
  },
  object: {
    data: url('data'),
    form,
    height: string('height'),
    name: string('name'),
    tabIndex: integer('tabindex'),
    type: string('type'),
    typeMustMatch: flag('typemustmatch'),
    useMap: string('usemap'),
    width: string('width'),
  },
  ol: { reversed: flag('reversed'), start: integer('start'), type: choice('type', ['1', 'a', 'A', 'i', 'I']) },
  optgroup: { disabled: flag('disabled'), label: string('label') },
  option: {
    defaultSelected: flag('selected'),
    disabled: flag('disabled'),
    form: (element) => {
      const select = around(element, 'select');
      return select === undefined ? around(element, 'form') : select.form();
    },
    index: positionIn('select, datalist', 'option'),
    label: (element) => element.getAttribute('label') ?? element.textContent(),
    selected: flag('selected'),
    text: content,
    value: (element) => element.getAttribute('value') ?? element.innerHTML(),
  },
  output: {
    defaultValue: content,
    form,
    htmlFor: string('for'),
    labels,
    name: string('name'),
    type: fixed('output'),
    value: content,
  },
  param: { name: string('name'), value: string('value') },
  pre: { name: string('name'), value: string('value') },
  progress: {
    labels,
    max: positive('max', 1),
    position: (element) => {
      const value = positive('value', -1)(element);
      return value < 0 ? -1 : value / element.max();
    },
    value: (element) => Math.max(0, element.position()),
  },
  script: {
    async: flag('async'),
    charset: string('charset'),
    crossOrigin: string('crossorigin'),
    defer: flag('defer'),
    noModule: flag('nomodule'),
    src: url('src'),
    text: content,
    type: string('type'),
  },
  select: {
    autofocus: flag('autofocus'),
    disabled: flag('disabled'),
    form,
    labels,
    length: (element) => element.options().length,
    multiple: flag('multiple'),
    name: string('name'),
    options: within('option'),
    required: flag('required'),
    selectedIndex: (element) => element.options().findIndex((option) => option.selected()),
    selectedOptions: within('option[selected]'),
    size: (element) => (element.multiple() ? 4 : 1),
    tabIndex: integer('tabindex'),
    type: (element) => (element.multiple() ? 'select-multiple' : 'select'),
    value: (element) => element.selectedOptions()[0]?.value() ?? '',
  },
  source: {
    keySystem: string('keysystem'),
    media: string('media'),
    sizes: string('sizes'),
    src: url('src'),
    srcset: string('srcset'),
    type: string('type'),
  },
  style: { media: string('media'), type: (element) => element.getAttribute('type') || 'text/css' },
  table: {
    caption: firstWithin('caption'),
    rows: within('tr'),
    sortable: flag('sortable'),
    tBodies: within('tbody'),
    tFoot: firstWithin('tfoot'),
    tHead: firstWithin('thead'),
  },
  tbody: section,
  td: cell,
  textarea: {
    accessKey: string('accesskey'),
    autocapitalize: choice('autocapitalize', ['sentences', 'none', 'off', 'characters', 'words']),
    autocomplete,
    cols: integer('cols'),
    defaultValue: content,
    form,
    labels,
    length: (element) => element.value().length,
    maxLength: integer('maxlength'),
    placeholder: string('placeholder'),
    readOnly: flag('readonly'),
    required: flag('required'),
    rows: integer('rows'),
    tabIndex: integer('tabindex'),
    type: fixed('textarea'),
    value: content,
    wrap: choice('wrap', ['soft', 'hard', 'off']),
  },
  tfoot: section,
  th: {
    ...cell,
    abbr: string('abbr'),
    scope: choice('scope', ['', 'row', 'col', 'colgroup', 'rowgroup']),
    sorted: flag('sorted'),
  },
  thead: section,
  time: { datetime: string('datetime') },
  title: { text: content },
  tr: {
    cells: within('td, th'),
    rowIndex: positionIn('table', 'tr'),
    sectionRowIndex: positionIn('tbody, thead, tfoot', 'tr'),
  },
  track: {
    default: flag('default'),
    kind: choice('kind', ['subtitle', 'captions', 'chapters', 'descriptions', 'metadata']),
    label: string('label'),
    src: url('src'),
    srclang: string('srclang'),
  },
  ul: { type: string('type') },
  video: media,
};
