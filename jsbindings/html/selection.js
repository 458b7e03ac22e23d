// k6/html's Selection: https://grafana.com/docs/k6/latest/javascript-api/k6-html/selection/
// Reads arguments and holds numbers of nodes; the pages are the host's. Loaded by lazy().
'use strict';

const { GoError, lazy, ops } = kernel;

const html = ops('k6/html');
const elements = lazy('k6py:html-elements');
const forms = lazy('k6py:html-forms');

// --- pages -----------------------------------------------------------------------------------------------------------

// What a script holds of a page is its text: the host may have given up the tree.
class Page {
  constructor(source) {
    this.source = source;
    this.number = html.parse(source);
  }

  ask(question, ...args) {
    const answer = html[question](this.number, ...args);
    if (answer !== undefined) {
      return answer;
    }
    this.number = html.parse(this.source);
    return html[question](this.number, ...args);
  }

  // [prefix, name, value] of each attribute; the prefix is that of SVG's and MathML's own (xlink, xml).
  attributes(node) {
    return this.ask('attributes', node);
  }

  attribute(node, name) {
    return this.attributes(node).find(([, own]) => own === name)?.[2];
  }
}

// --- arguments -------------------------------------------------------------------------------------------------------

// As k6's engine hands values to what takes a text or a whole number.
const text = (value) => (typeof value === 'symbol' ? value.description ?? '' : String(value));

const integer = (value) => {
  const number = Math.trunc(Number(value));
  return Number.isFinite(number) ? number : 0;
};

// The types that k6's messages name.
const typeName = (value) => {
  if (value === undefined || value === null) {
    return '<nil>';
  }
  if (Array.isArray(value)) {
    return '[]interface {}';
  }
  if (elements().isElement(value)) {
    return 'html.Element';
  }
  return {
    boolean: 'bool',
    function: 'func(sobek.FunctionCall) sobek.Value',
    number: Number.isInteger(value) ? 'int64' : 'float64',
    object: 'map[string]interface {}',
  }[typeof value] ?? typeof value;
};

// An exception as k6 words it that passed through a function of the script.
const failure = (method, error) => {
  const place = /\tat (?:.* \()?(file:[^)\n]+)/.exec(error?.stack ?? '');
  return new GoError(`the function passed to ${method}() failed: ${text(error)}${place ? ` at ${place[1]}` : ''}`);
};

// --- selections ------------------------------------------------------------------------------------------------------

class Selection {
  #page;

  #nodes;

  #previous;

  constructor(page, nodes, previous, url) {
    this.#page = page;
    this.#nodes = nodes;
    this.#previous = previous;
    this.url = url;
  }

  #with(nodes) {
    return new Selection(this.#page, nodes, this, this.url);
  }

  #ask(question, ...args) {
    return this.#page.ask(question, this.#nodes, ...args);
  }

  // A selector, or the nodes of another selection: those of another page are never found.
  #wanted(value) {
    if (typeof value === 'string' || typeof value === 'symbol') {
      return text(value);
    }
    if (Selection.isOne(value)) {
      return value.#page === this.#page ? value.#nodes : [];
    }
    throw new GoError(`invalid argument, cannot use a '${typeName(value)}' as a selector`);
  }

  // --- filtering

  #filter(value, method) {
    if (typeof value === 'function') {
      return this.#nodes.filter((node, index) => value(index, this.#with([node])));
    }
    if (method !== undefined && typeof value !== 'string' && typeof value !== 'symbol' && !Selection.isOne(value)) {
      throw new GoError(`the argument to ${method}() must be a function, a selector or a selection`);
    }
    const wanted = this.#wanted(value);
    if (typeof wanted === 'string') {
      return this.#ask('matching', wanted);
    }
    return this.#nodes.filter((node) => wanted.includes(node));
  }

  filter(value) {
    return this.#with(this.#filter(value, 'filter'));
  }

  is(value) {
    return this.#filter(value, 'is').length > 0;
  }

  not(value) {
    const unwanted = new Set(this.#filter(value));
    return this.#with(this.#nodes.filter((node) => !unwanted.has(node)));
  }

  has(value) {
    return this.#with(this.#ask('having', this.#wanted(value)));
  }

  eq(index) {
    const node = this.#nodes.at(integer(index));
    return node === undefined ? new Selection(this.#page, [], null, this.url) : this.#with([node]);
  }

  first() {
    return this.#with(this.#nodes.slice(0, 1));
  }

  last() {
    return this.#with(this.#nodes.slice(-1));
  }

  slice(start, end) {
    return this.#with(this.#nodes.slice(integer(start), end === undefined ? undefined : integer(end)));
  }

  // --- going on

  find(value) {
    const wanted = this.#wanted(value);
    return this.#with(this.#ask(typeof wanted === 'string' ? 'find' : 'within', wanted));
  }

  single(selector) {
    return this.#with(this.#ask('find', text(selector)).slice(0, 1));
  }

  closest(value) {
    return this.#with(this.#ask('closest', this.#wanted(value)));
  }

  add(value) {
    if (Selection.isOne(value) && value.#page !== this.#page) {
      throw new GoError('the elements to add() are those of another document');
    }
    const wanted = this.#wanted(value);
    const more = typeof wanted === 'string' ? this.#page.ask('find', [0], wanted) : wanted;
    return this.#with([...new Set([...this.#nodes, ...more])]);
  }

  end() {
    return this.#previous ?? this.#with([]);
  }

  contents() {
    return this.#with(this.#ask('walk', 'contents', null));
  }

  #walk(way, selector) {
    return this.#with(this.#ask('walk', way, selector.length === 0 ? null : text(selector[0])));
  }

  children(...selector) { return this.#walk('children', selector); }

  next(...selector) { return this.#walk('next', selector); }

  nextAll(...selector) { return this.#walk('nextAll', selector); }

  parent(...selector) { return this.#walk('parent', selector); }

  parents(...selector) { return this.#walk('parents', selector); }

  prev(...selector) { return this.#walk('prev', selector); }

  prevAll(...selector) { return this.#walk('prevAll', selector); }

  siblings(...selector) { return this.#walk('siblings', selector); }

  #walkUntil(way, [stop, ...selector]) {
    const wanted = stop === undefined || stop === null ? null : this.#wanted(stop);
    return this.#with(this.#ask('walk_until', way, wanted, selector.length === 0 ? null : text(selector[0])));
  }

  nextUntil(...args) { return this.#walkUntil('nextAll', args); }

  parentsUntil(...args) { return this.#walkUntil('parents', args); }

  prevUntil(...args) { return this.#walkUntil('prevAll', args); }

  // --- one by one

  each(action) {
    if (typeof action !== 'function') {
      throw new GoError('the argument to each() must be a function');
    }
    this.get().forEach((element, index) => {
      try {
        action(index, element);
      } catch (error) {
        throw failure('each', error);
      }
    });
    return this;
  }

  // As in k6, what the function throws only costs its own element.
  map(action) {
    if (typeof action !== 'function') {
      throw new GoError('the argument to map() must be a function');
    }
    return this.#nodes.flatMap((node, index) => {
      try {
        return [action(index, this.#with([node]))];
      } catch {
        return [];
      }
    });
  }

  toArray() {
    return this.#nodes.map((node) => this.#with([node]));
  }

  get(...index) {
    const all = this.#nodes;
    if (index.length === 0) {
      return elements().elementsOf(this.#page, all, this);
    }
    const at = integer(index[0]);
    // k6 counts from the end only as far as the second.
    const node = at === -all.length ? undefined : all.at(at);
    return node === undefined ? undefined : elements().elementsOf(this.#page, [node], this)[0];
  }

  size() {
    return this.#nodes.length;
  }

  index(...value) {
    const [first] = this.#nodes;
    if (first === undefined) {
      return -1;
    }
    if (value.length === 0) {
      return this.#page.ask('walk', [first], 'prevAll', null).length;
    }
    if (!Selection.isOne(value[0])) {
      return this.#page.ask('find', [0], text(value[0])).indexOf(first);
    }
    return value[0].#page === this.#page ? this.#nodes.indexOf(value[0].#nodes[0]) : -1;
  }

  // --- contents

  attr(name, ...otherwise) {
    const [first] = this.#nodes;
    return (first === undefined ? undefined : this.#page.attribute(first, text(name))) ?? otherwise[0];
  }

  html() {
    return this.#nodes.length === 0 ? '' : this.#page.ask('inner_html', this.#nodes[0]);
  }

  text() {
    return this.#ask('text');
  }

  data(...name) {
    const [first] = this.#nodes;
    return first === undefined ? undefined : forms().data(this.#page.attributes(first), ...name.map(text));
  }

  val() {
    const [first] = this.#nodes;
    return first === undefined ? undefined : forms().value(this.#page, first);
  }

  serializeArray() {
    return forms().fields(this.#page, this.#nodes);
  }

  serializeObject() {
    return Object.fromEntries(this.serializeArray().map(({ name, value }) => [name, value]));
  }

  serialize() {
    return forms().encode(this.serializeObject());
  }

  static isOne(value) {
    return typeof value === 'object' && value !== null && #page in value;
  }
}

exports.parseHTML = (source) => {
  const page = new Page(source === undefined || source === null ? '' : text(source));
  return new Selection(page, [0], null, '');
};

exports.Selection = Selection;
exports.html = html;
exports.text = text;
