import { parseHTML } from 'k6/html';

const page = `<!doctype html><html lang=en><head><title>T</title></head><body class=main>
<div id="d1" class=" a  b	c" data-x=1>Hello <b id=bb>World</b> foo<i id=ii lang="en-us">It</i></div>
<div id="d2"><p id=p1 class="x y">first</p><!-- c --><p id=p2></p></div><svg id=sv viewbox="0 0 1 1" xlink:href="#a"><foreignObject id=fo><p id=fp>q</p></foreignObject></svg><math id=ma></math></body></html><!--end-->`;

const show = (value) => {
  if (value === null || typeof value !== 'object') {
    return typeof value === 'string' ? JSON.stringify(value) : String(value);
  }
  if (Array.isArray(value)) {
    return `[${value.map(show).join()}]`;
  }
  if (typeof value.nodeName === 'function') {
    return `<${value.nodeName()} ${value.id()}>`;
  }
  return typeof value.size === 'function' ? `selection of ${value.size()}` : JSON.stringify(Object.keys(value).sort());
};

const METHODS = ['nodeName', 'nodeType', 'nodeValue', 'id', 'innerHTML', 'textContent', 'ownerDocument', 'childElementCount', 'firstElementChild', 'lastElementChild', 'previousElementSibling',
  'nextElementSibling', 'parentElement', 'parentNode', 'childNodes', 'children', 'classList', 'className', 'lang', 'hasAttributes', 'hasChildNodes', 'namespaceURI', 'isDefaultNamespace', 'toString', 'selection'];

export default function () {
  const d = parseHTML(page);
  const nodes = { text: d.find('#d1').contents().get(0), comment: d.find('#d2').contents().get(1), document: d.get(0), doctype: d.contents().get(0), html: d.find('html').get(0) };
  for (const id of ['d1', 'p2', 'ii', 'sv', 'fo', 'fp', 'ma']) {
    nodes[id] = d.find(`#${id}`).get(0);
  }
  for (const name of Object.keys(nodes)) {
    console.log(name, METHODS.map((method) => `${method}: ${show(nodes[name][method]())}`).join('; '));
  }
  const { d1, html, text } = nodes;
  console.log(show([d1.firstChild(), d1.lastChild(), d1.previousSibling(), d1.nextSibling(), html.firstChild(), html.nextSibling(), html.previousSibling(), text.nextSibling()]));
  console.log(show(d1.attributes()), d1.attributes()['data-x'].value, d1.attributes().id.name, show(d1.attributes().id.owner_element), d1.attributes().id.localName(), d1.attributes().id.namespaceURI(), d1.attributes().id.prefix());
  const href = nodes.sv.getAttributeNode('href');
  console.log(href.name, href.value, href.prefix(), href.localName(), nodes.sv.getAttribute('viewBox'), nodes.sv.getAttribute('viewbox'), nodes.sv.getAttribute('xlink:href'));
  for (const name of ['id', 'ID', 'data-x', 'nothing', '', undefined]) {
    console.log(name, d1.getAttribute(name), d1.getAttributeNode(name) && d1.getAttributeNode(name).value, d1.hasAttribute(name));
  }
  for (const selector of ['p', 'x', 'y x', '.x', 'b', 'B', '*', 'p, b', '!!', '', 'body div', '#d1', undefined, 1]) {
    for (const element of [d1, html, text]) {
      console.log(selector, show([element.getElementsByClassName(selector), element.getElementsByTagName(selector), element.querySelector(selector), element.querySelectorAll(selector), element.matches(selector)]));
    }
  }
  const [one, other] = parseHTML('<b a=1 c=2>x<i></i></b><b c=2 a=1>x<i></i></b>').find('b').get();
  console.log(one.isSameNode(one), one.isSameNode(other), one.isEqualNode(other), one.isEqualNode(d1), one.contains(one), d1.contains(text), text.contains(d1), html.contains(nodes.ii), d1.contains(one), d1.contains('b'), d1.isSameNode('x'));
  console.log(String(d1), String(text), `${d.find('body').get(0)}`, JSON.stringify(d1), JSON.stringify(d1.attributes().id));
  console.log(d1.meter, typeof d1.value, typeof d1.href);
}
