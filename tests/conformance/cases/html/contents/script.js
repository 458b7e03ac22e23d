import { parseHTML } from 'k6/html';

const pages = ['<p>a&nbsp;b &lt; &amp; &quot; \' " é 😀 &copy; &bogus; &ampx</p>', '<p title="a&quot;b\'c<>&amp;\n\t">x</p>', '<br><hr/><img src=x><input>',
  '<div/>x</div>', '<script>a<b && "c"</script><style>a>b</style>', '<iframe><b>x</iframe><noembed><b>x</noembed><xmp><b>x</xmp>', '<noscript><b>x</noscript>',
  '<head><noscript><link href=x><b>q</b></noscript><meta name=m></head>', '<plaintext><b>x', '<textarea>\n\na<b></textarea><pre>\n\nx</pre><listing>\nx</listing>',
  '<!-- c --><!--><!---->x<!-- a > b & c -->', '<!DOCTYPE html>', '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd"><p>',
  '<!DOCTYPE html SYSTEM "about:legacy-compat">', '<!doctype>x', '<?xml version="1.0"?><p>', '<svg viewbox="0"><lineargradient/><path d="x"/><![CDATA[x<y]]></svg>',
  '<svg><use xlink:href="#a" xml:lang=en></use><foreignObject><p>q</p></foreignObject></svg>', '<math><mi>x</mi></math>', '<template><tr><td>x</td></tr></template>',
  '<table><p>x<tr><td>y</table>', '<b><p>x</b>y</p>', '<a><a>x', '<p><p><div></p>', '<ul><li>a<ul><li>b</ul><li>c</ul>', '<form><form><input></form></form>',
  '<p a=1 a=2 B=3 c d="" e=\'\' f=a"b>', '<a target=t href=h class=c>x</a>', '<p <b>x', '</p></br>', 'x</body>y</html>z', '<body a=1><body b=2 a=3>', '<title><b>x</title>',
  'a\r\nb\rc\u0000d', '<IMG SRC=x><image src=y>', '<a b="c', '<', '&', '&#38', '<p>x<table>y<td>z</table>w', '<!doctype html><p>x<table>y', '', '   ', '\n<p>\n</p>\n',
  '<td>x</td>', '<select><option>a<optgroup><option>b</select>', '<svg><p>x', '<dl><dt>a<dd>b</dl>', '<p title="a&#13;b">a&#13;b</p>'];

export default function () {
  for (const page of pages) {
    const document = parseHTML(page);
    const names = [];
    const walk = (element) => { names.push(element.nodeName()); element.childNodes().forEach(walk); };
    walk(document.get(0));
    console.log(JSON.stringify([document.html(), document.text(), document.find('body > *').html(), names]));
  }
  const d = parseHTML('<div id=d class="x y" title="">a<b>b</b><!-- c --><script>1<2</script></div><p>p</p>');
  const none = d.find('none');
  console.log(JSON.stringify([d.find('div, p').text(), d.find('div, p').html(), none.text(), none.html(), d.find('script').html(), d.find('div').contents().text(), d.find('div').contents().html()]));
  console.log(JSON.stringify([d.find('div').attr('id'), d.find('div').attr('title'), d.find('div').attr('ID'), none.attr('id'), d.find('p').attr('id'), d.find('p').attr('id', 'default'), d.find('div').attr('id', 'default'), none.attr('id', 5), d.attr('x')].map((value) => value === undefined ? 'undefined' : value)));
  for (const source of [undefined, null, 12, true, {}, ['<p>x'], Symbol('<p>s')]) {
    console.log(parseHTML(source).html());
  }
  try {
    parseHTML('<div>'.repeat(600));
  } catch (error) {
    console.log(String(error));
  }
  console.log(parseHTML('<div>'.repeat(500)).find('div').size());
}
