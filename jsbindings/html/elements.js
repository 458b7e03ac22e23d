// k6/html's Element: https://grafana.com/docs/k6/latest/javascript-api/k6-html/element/
// What every element has; what those of one tag have beside it stands in tags.js. Loaded by lazy().
'use strict';

const { lazy } = kernel;

const { Selection, text } = lazy('k6py:html')();
const { tags } = lazy('k6py:html-tags')();

const ELEMENT = 1;
const TEXT = 3;
const NAMESPACES = {
  html: 'http://www.w3.org/1999/xhtml',
  math: 'http://www.w3.org/1998/Math/MathML',
  svg: 'http://www.w3.org/2000/svg',
};

// --- attributes ------------------------------------------------------------------------------------------------------

class Attribute {
  #prefix;

  constructor(owner, [prefix, name, value]) {
    this.owner_element = owner;
    this.name = name;
    this.value = value;
    this.#prefix = prefix;
  }

  localName() {
    return this.name;
  }

  namespaceURI() {
    return NAMESPACES.html;
  }

  prefix() {
    return this.#prefix;
  }
}

// --- elements --------------------------------------------------------------------------------------------------------

class Element {
  #page;

  #node;

  #type;

  #name;

  #namespace;

  #previous;

  constructor(page, node, [type, name, namespace], previous) {
    this.#page = page;
    this.#node = node;
    this.#type = type;
    this.#name = name;
    this.#namespace = namespace;
    this.#previous = previous;
  }

  #others(way) {
    return elementsOf(this.#page, this.#page.ask('walk', [this.#node], way, null), this.selection());
  }

  #find(selector) {
    return elementsOf(this.#page, this.#page.ask('find', [this.#node], selector), this.selection());
  }

  selection() {
    return new Selection(this.#page, [this.#node], this.#previous, this.#previous.url);
  }

  // --- the node

  nodeName() {
    return this.#name;
  }

  nodeType() {
    return this.#type;
  }

  nodeValue() {
    if (this.#type === TEXT) {
      return this.textContent();
    }
    return this.#name === '#comment' ? '' : undefined;
  }

  textContent() {
    return this.#page.ask('text', [this.#node]);
  }

  innerHTML() {
    return this.#page.ask('inner_html', this.#node);
  }

  namespaceURI() {
    return NAMESPACES[this.#namespace];
  }

  isDefaultNamespace() {
    return this.#namespace === 'html';
  }

  toString() {
    return this.#type === ELEMENT ? '[object html.Node]' : `[object ${this.#name}]`;
  }

  isSameNode(other) {
    return isElement(other) && this.#page === other.#page && this.#node === other.#node;
  }

  isEqualNode(other) {
    return isElement(other) && this.#page.ask('outline', this.#node) === other.#page.ask('outline', other.#node);
  }

  contains(other) {
    return isElement(other) && this.#page === other.#page
      && this.#page.ask('within', [this.#node], [other.#node]).length > 0;
  }

  // --- attributes

  attributes() {
    const table = {};
    for (const attribute of this.#page.attributes(this.#node)) {
      const [, name] = attribute;
      if (!Object.hasOwn(table, name)) {
        const value = new Attribute(this, attribute);
        Object.defineProperty(table, name, { value, writable: true, enumerable: true, configurable: true });
      }
    }
    return table;
  }

  getAttribute(name) {
    return this.#page.attribute(this.#node, text(name));
  }

  getAttributeNode(name) {
    const found = this.#page.attributes(this.#node).find(([, own]) => own === text(name));
    return found && new Attribute(this, found);
  }

  hasAttribute(name) {
    return this.getAttribute(name) !== undefined;
  }

  hasAttributes() {
    return this.#page.attributes(this.#node).length > 0;
  }

  id() {
    return this.getAttribute('id') ?? '';
  }

  className() {
    return this.getAttribute('class');
  }

  classList() {
    return this.className()?.match(/\S+/g) ?? [];
  }

  lang() {
    return this.#page.attributes(this.#node).find(([prefix, name]) => prefix === '' && name === 'lang')?.[2];
  }

  // --- other nodes

  ownerDocument() {
    return elementsOf(this.#page, [0], this.selection())[0];
  }

  parentNode() {
    return this.#others('parentNode')[0];
  }

  parentElement() {
    return this.#others('parent')[0];
  }

  childNodes() {
    return this.#others('contents');
  }

  hasChildNodes() {
    return this.childNodes().length > 0;
  }

  firstChild() {
    return this.childNodes()[0];
  }

  lastChild() {
    return this.childNodes().at(-1);
  }

  children() {
    return this.#others('children');
  }

  childElementCount() {
    return this.children().length;
  }

  firstElementChild() {
    return this.children()[0];
  }

  lastElementChild() {
    return this.children().at(-1);
  }

  nextSibling() {
    return this.#others('nextSibling')[0];
  }

  nextElementSibling() {
    return this.#others('next')[0];
  }

  previousSibling() {
    return this.#others('previousSibling')[0];
  }

  previousElementSibling() {
    return this.#others('prev')[0];
  }

  getElementsByClassName(name) {
    return this.#find(`.${text(name)}`);
  }

  getElementsByTagName(name) {
    return this.#find(text(name));
  }

  querySelector(selector) {
    return this.#find(text(selector))[0];
  }

  querySelectorAll(selector) {
    return this.#find(text(selector));
  }

  matches(selector) {
    return this.#page.ask('matching', [this.#node], text(selector)).length > 0;
  }

  static isOne(value) {
    return typeof value === 'object' && value !== null && #page in value;
  }
}

const isElement = Element.isOne;

// --- making them -----------------------------------------------------------------------------------------------------

const classes = new Map();

// The class of elements with a tag: made when the first one is met.
const classOf = (type, name) => {
  if (type !== ELEMENT || !Object.hasOwn(tags, name)) {
    return Element;
  }
  let made = classes.get(name);
  if (made === undefined) {
    made = class extends Element {};
    for (const [method, of] of Object.entries(tags[name])) {
      const value = function value() { return of(this); };
      Object.defineProperty(made.prototype, method, { value, writable: true, configurable: true });
    }
    classes.set(name, made);
  }
  return made;
};

// The elements with these numbers, as the script gets them from `previous`.
const elementsOf = (page, nodes, previous) => page.ask('describe', nodes).map((described, index) => {
  const [type, name] = described;
  return new (classOf(type, name))(page, nodes[index], described, previous);
});

exports.elementsOf = elementsOf;
exports.isElement = isElement;
