import { b64decode } from 'k6/encoding';

const codes = [
  '***', 'a', 'aG', 'aGk', 'aGk=', 'aGkaGk', 'a\nGk', 'aGka\n\nGk\n', '=', '==', 'a=', 'aG=', 'aG=\r\n', 'aG==', 'aG=k', 'aG=\nk', 'aG=*', 'aG\r\n=\n=\n', 'aGk==', 'aGk=\n\naGk=', 'aG==\na',
  'aG\nk-', 'aGk/', 'aGk_', 'a+', 'a-', '\u00e9', 'aGk\ud800', 'aG k', 'aGl=', 'aH==', '\n', '',
];

export default function () {
  for (const code of codes) {
    for (const alphabet of ['std', 'rawstd', 'url', 'rawurl']) {
      let found;
      try {
        found = new Uint8Array(b64decode(code, alphabet)).join();
      } catch (e) {
        found = String(e);
      }
      console.log(JSON.stringify(code), alphabet, found);
    }
  }
  for (const code of ['8J+YgA==', '8J+Y', 'gICA', '7aCA', '4oI=', '4oJh', 'wMD/', '9JCAgA==', '77u/aGk=', 'AGEA', '8J+Y8J+YgA==']) {
    const text = b64decode(code, 'std', 's');
    console.log(code, text.length, JSON.stringify(text));
  }
}
