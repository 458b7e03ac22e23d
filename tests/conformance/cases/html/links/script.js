import { parseHTML } from 'k6/html';

const PARTS = ['href', 'protocol', 'host', 'hostname', 'port', 'pathname', 'search', 'hash', 'origin', 'username', 'password', 'toString'];
const urls = ['http://u:p@h.com:8080/a/b?q=1&r=%20#f%20x', 'https://example.com', '/path?x=1#h', 'rel/p', '?q', '?', '#f', '#', '', 'mailto:a@b.c', 'javascript:void(0)', 'http://[::1]:80/', 'HTTP://EXAMPLE.com/A',
  '//h.com/p', 'http://u@h/', 'http://h:443/', 'https://h:443/', 'http://h/a b', 'http://h/é?é#é', 'http://ü.de/', 'http://h?', 'http://h/#', 'http://h/%zz', 'http://h/?a#b#c', ' http://h/x ', 'http://h:/', 'http://h/a/../b',
  'http://u:@h/', 'http://:p@h/', '..', '../..', './x', 'x/./y/../z', '//q/r', 'http:g', '\\a', 'a%20b', 'a%2fb c', '[', '1:2', ':a', 'http://', 'http:///x', '/a//b', '/../x', 'http://h:x/', 'http://a@b@c/', 'http://h%41/', 'x\ny',
  'http://u:p%40q@h/'];
const ATTRIBUTES = [['form', 'action', 'action'], ['img', 'src', 'src'], ['img', 'src', 'currentSrc'], ['script', 'src', 'src'], ['iframe', 'src', 'src'], ['link', 'href', 'href'], ['input', 'src', 'src'],
  ['input', 'formaction', 'formAction'], ['button', 'formaction', 'formAction'], ['audio', 'src', 'src'], ['audio', 'src', 'currentSrc'], ['source', 'src', 'src'], ['embed', 'src', 'src'], ['track', 'src', 'src'],
  ['object', 'data', 'data'], ['del', 'cite', 'cite'], ['base', 'href', 'href'], ['area', 'href', 'href']];

export default function () {
  for (const base of ['', 'https://base.com:99/dir/file?z=1#y', '/p/q']) {
    for (const url of urls) {
      const d = parseHTML(`<base href="/b/"><a href="${url}">t</a>`);
      d.url = base;
      const a = d.find('a').get(0);
      console.log(JSON.stringify([base, url]), PARTS.map((part) => a[part]()).join(' | '));
    }
  }
  for (const [tag, attribute, method] of ATTRIBUTES) {
    for (const html of [`<${tag} ${attribute}="x/y">`, `<${tag} ${attribute}>`, `<${tag}>`]) {
      const d = parseHTML(html);
      d.url = 'https://base.com:99/dir/file?z=1#y';
      console.log(html, method, d.find(tag).get(0)[method]());
    }
  }
}
