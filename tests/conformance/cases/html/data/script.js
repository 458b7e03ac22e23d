import { parseHTML } from 'k6/html';

const values = ['1', '1.5', '-2', '+3', '01', '1e3', '0x10', '.5', '5.', '', 'true', 'false', 'null', 'undefined', 'True', '{"a":1}', '{a:1}', '[1,2]', '[1,', '"x"', 'NaN', 'Infinity', '+Inf',
  ' 1', '1 ', '  {"a":1}', '{"a":1} ', '{"a":1} x', '12345678901234567890', '9007199254740992', '9007199254740993', '100000000000000000000', '1000000000000000000000', '0', '-0', '00', '1_000', '{}', '[]',
  'hello', '0.1', '1.0', '0.0000001', '1e-7', '1e+21', '{"b":{"c":[1,null,true]}}', '{"a":"é"}'];
const names = ['a-b', 'a--b', '1', 'a-1', '-x', 'a.b', 'x-', 'a_b', 'two-words-here', 'up', 'user-id', 'id', 'api-url', 'x-api-key', 'x-apis', 'x-oauth-id', 'x-utf8', 'html-id-x', 'x-a_b_c', 'x-éa', 'x-ui-d'];
const keys = ['a-b', 'aB', 'ab', 'a--b', '1', 'a1', 'a.b', 'a_b', 'twoWordsHere', 'TwoWordsHere', 'two-words-here', 'UP', 'up', 'userID', 'userId', 'user-id', 'ID', 'id', 'apiURL', 'xApiKey', 'xAPIKey', 'xOAuthID',
  'xUTF8', 'htmlIDX', 'aHTTPServer', 'userIDs', 'data-a-b', 'nothing'];

export default function () {
  for (const value of values) {
    const p = parseHTML(`<p data-k="${value.replace(/&/g, '&amp;').replace(/"/g, '&quot;')}">`).find('p');
    const converted = p.data('k');
    console.log(value, typeof converted, Object.is(converted, -0) ? '-0' : String(converted), JSON.stringify(converted), JSON.stringify(p.data()));
  }
  for (const name of names) {
    console.log(name, JSON.stringify(parseHTML(`<p data-${name}=1>`).find('p').data()));
  }
  const d = parseHTML(`<p ${[...names, 'a-http-server', 'a-https-erver', 'user-id-s'].map((name) => `data-${name}="${name}"`).join(' ')}>`).find('p');
  for (const key of keys) {
    console.log(key, d.data(key));
  }
  for (const html of ['<p>', '<p><p data-x=1>', '<p data=1 dataq=2>', '<p DATA-X=1 data-x=2>']) {
    console.log(html, JSON.stringify(parseHTML(html).find('p').data()), parseHTML(html).find('p').data('x'));
  }
  console.log(parseHTML('<p>').find('b').data(), parseHTML('<p>').find('b').data('x'), parseHTML('<p>').data());
}
