import { parseHTML } from 'k6/html';

const page = `<!doctype html><html lang=en><head><title>T</title></head><body class=main>
<div id="d1" class="a b" data-x=1>Hello <b id=b1>World</b> foo<i id=i1 lang="en-us">It</i></div>
<div id="d2" class="a"><p id=p1>first</p><p id=p2 class="x y">second HELLO</p><span id=s1 title="A B">s</span><p id=p3></p><p id=p4> </p></div>
<DIV ID="D3" Class="A" data-y="Foo">upper</DIV>
<a id=a1 href="/l">link</a><a id=a2 name=q>no</a>
<form><input id=c1 type=checkbox checked><input id=r1 type=radio disabled><select id=s2><option id=o1 selected>1<option id=o2 disabled>2</select><textarea id=t1></textarea><button id=b2>b</button><fieldset id=f1 disabled><input id=i2><legend><input id=i3></legend></fieldset></form>
<template id=t2><i id=i4>t</i></template><noscript id=n1><b id=b3>n</b></noscript>
<ul><li id=l1>1<li id=l2>2<li id=l3>3<li id=l4>4<li id=l5>5</ul><my-el id=m1></my-el><p id="ü" class="ö">É</p><p id="a.b" class="1x">dot</p></body></html>`;

const selectors = ['p', 'P', '.a', '.A', '#d1', '#D1', 'div#d1.a.b', 'body > div', 'div p', 'p + p', 'p ~ span', 'div, p', 'p,p',
  '[data-x]', '[data-x="1"]', '[data-x=1]', '[DATA-X="1"]', '[data-y=foo]', '[data-y=foo i]', '[class~=y]', '[lang|=en]',
  '[title^="A"]', '[title$=B]', '[title*=" "]', '[title~="A B"]', 'span[title!="A B"]', 'p[class!=x]', '[id#=(^d[12]$)]', 'p[id^=""]',
  'div:contains(hello)', 'p:contains("SECOND")', 'p:contains(second HELLO)', 'div:contains("Hello World")', 'p:contains(é)',
  'div:containsOwn(hello)', 'div:containsOwn("world")', 'p:matches(sec.*)', 'p:matchesOwn(^first$)', 'p:matches(^SEC)', 'p:matches(()',
  'div:has(p)', 'div:has(p, b)', 'div:has(> p)', 'body:haschild(ul)', 'body:haschild(li)', 'p:not(.x)', 'p:not(.x, div p)', 'p:not(:not(.x))', 'p:not()',
  'p:first-child', 'p:last-child', 'li:only-child', 'p:first-of-type', 'p:last-of-type', 'b:only-of-type', 'p:empty', ':root',
  'li:nth-child(2)', 'li:nth-child(odd)', 'li:nth-child(EVEN)', 'li:nth-child( 2n + 1 )', 'li:nth-child(-n+2)', 'li:nth-child(+3)',
  'li:nth-child(2n + -1)', 'li:nth-last-child(2)', 'li:nth-of-type(3n)', 'li:nth-last-of-type(1)', 'li:nth-child(x)', 'li:nth-child(2 of li)',
  ':input', ':link', ':enabled', ':disabled', ':checked', 'i:lang(en)', 'i:lang(en-us)', 'a:visited', 'a:not(:hover)',
  'template i', '#i4', 'noscript b', 'my-el', 'MY-EL', '#ü', '.ö', '#a\\.b', '#a.b', '.1x', '.\\31 x', '\\70', 'p/**/', '/* c */ p', 'div\n>\tp',
  '', ' ', '!!', 'p >', '> p', 'div,', ',p', 'p,,b', ':is(p)', ':where(p)', ':eq(0)', 'li:first', ':visible', 'p::before', 'svg|p', '*|p', 'p..x', 'p.', '#', '[', '[id="d1]', 'p:not(', '"p"', '1'];

export default function () {
  const document = parseHTML(page);
  for (const selector of selectors) {
    console.log(JSON.stringify(selector), document.find(selector).map((index, found) => found.attr('id') || found.get(0).nodeName()).join());
  }
}
