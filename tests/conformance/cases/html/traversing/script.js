import { parseHTML } from 'k6/html';

const page = `<!doctype html><html id=h><head id=hd></head><body id=bo><div id=d1 class="a">Hello <b id=b1>World</b> foo<i id=i1>It</i></div>
<div id=d2><p id=p1>first</p><p id=p2 class="k">second</p><!-- c --><span id=s1>s</span></div>
<ul id=u><li id=l1>1<li id=l2 class=k>2<li id=l3>3<li id=l4 class=k>4<li id=l5>5</ul></body></html>`;

const show = (value) => {
  if (value === null || typeof value !== 'object') {
    return String(value);
  }
  if (Array.isArray(value)) {
    return `[${value.map(show).join()}]`;
  }
  if (typeof value.find === 'function') {
    return `(${value.toArray().map((one) => show(one.get(0))).join(' ')})`;
  }
  return value.id() || value.nodeName();
};

const say = (label, action) => {
  let result;
  try {
    result = show(action());
  } catch (error) {
    result = String(error);
  }
  console.log(label, result);
};

export default function () {
  const d = parseHTML(page);
  const li = d.find('li');
  const l3 = d.find('#l3');
  const none = d.find('nothing');
  const from = { children: d.find('ul, div'), next: li, nextAll: l3, prev: li, prevAll: l3, parent: d.find('li, p'), parents: d.find('b, #p2, li'), siblings: l3 };
  for (const way of Object.keys(from)) {
    say(way, () => from[way][way]());
    for (const selector of ['.k', 'div', '!!', '', undefined, null, 1, ['.k'], li]) {
      say(`${way} ${selector}`, () => from[way][way](selector));
    }
  }
  for (const way of ['nextUntil', 'prevUntil', 'parentsUntil']) {
    for (const stop of [undefined, null, '#l1, #l5, body', '.k', '!!', d.find('#l1, #l5, body'), none]) {
      say(`${way} ${show(stop)}`, () => l3[way](stop));
      say(`${way} ${show(stop)} .k`, () => l3[way](stop, '.k, ul'));
    }
    say(`${way} many`, () => li[way]('#l4'));
    say(`${way} 1`, () => l3[way](1));
  }
  for (const method of ['find', 'closest', 'has', 'not', 'filter', 'is', 'add']) {
    for (const wanted of ['.k', 'ul', '!!', '', d.find('#l4').add('#l2'), d.find('body'), none, undefined, null, 1, 1.5, true, {}, ['.k']]) {
      say(`${method} ${show(typeof wanted === 'object' && wanted && wanted.find ? wanted : JSON.stringify(wanted))}`, () => d.find('ul, li')[method](wanted));
    }
  }
  say('filter function', () => li.filter((index) => index % 2));
  say('not function', () => li.not((index, one) => one.text() === '2'));
  say('is function', () => li.is((index, one) => one.text() === '2'));
  for (const index of [0, 4, 5, -1, -4, -5, -6, 1.7, '2', 'x', null, undefined, NaN, Infinity]) {
    say(`eq ${index}`, () => li.eq(index));
    say(`get ${index}`, () => li.get(index));
  }
  for (const range of [[], [0], [1], [-2], [1, 3], [1, -1], [-3, -1], [2, 2], [0, 99], ['1', '3'], [undefined, 2]]) {
    say(`slice ${range}`, () => li.slice(...range));
  }
  say('first last', () => [li.first(), li.last(), none.first(), none.last(), none.eq(0), none.slice(0, 1)]);
  say('get', () => [li.get(), none.get(), none.toArray()]);
  say('sizes', () => [li.size(), none.size(), d.size()]);
  say('index', () => [l3.index(), l3.index('li'), li.index(l3), li.index(none), none.index(), d.find('#p2').index('p'), d.index(), l3.index('p')]);
  say('contents', () => d.find('ul, div').contents());
  say('contents of text', () => d.find('#d1').contents().contents());
  say('text', () => d.find('#d1').contents().next());
  say('end', () => [li.end(), li.first().end(), d.find('ul').find('li').end(), d.find('ul').end().end(), l3.next().end(), li.add('b').end(), li.eq(9).end()]);
  say('each', () => li.each((index, element) => say(`each ${index}`, () => element)));
  say('map', () => li.map((index, one) => index + one.text()));
  say('map of odd values', () => li.map((index, one) => [undefined, null, [index], one, { index }.index][index]));
  say('map skips what throws', () => li.map((index) => { if (index === 1) { throw new Error('no'); } return index; }));
  say('each without a function', () => li.each('x'));
  say('map without a function', () => li.map());
  say('document', () => [d.children(), d.contents(), d.parent(), d.next(), d.closest('*'), d.is('*'), d.has('ul'), d.find(d), d.filter(d), d.find('html').parents()]);
  say('single', () => [d.find('ul').single('li'), d.find('ul').single('b')]);
  say('url', () => { d.url = 'http://a.test/'; return [d.find('li').url, d.find('li').first().url]; });
}
