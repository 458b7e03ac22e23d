import { parseHTML } from 'k6/html';

// The methods that elements of a tag have beside those of every element.
const METHODS = {
  a: 'accessKey download hash host hostname href hrefLang origin password pathname port protocol referrerPolicy rel relList search target text type username',
  area: 'accessKey download hash host hostname href hrefLang origin password pathname port protocol referrerPolicy rel relList search target text type username',
  audio: 'autoplay controls crossOrigin currentSrc defaultMuted loop mediaGroup muted preload src textTracks',
  base: 'href target',
  button: 'accessKey autofocus disabled form formAction formEnctype formMethod formNoValidate formTarget labels name tabIndex type value',
  canvas: 'height width',
  col: 'span',
  data: 'value',
  datalist: 'options',
  del: 'cite datetime',
  embed: 'height src type width',
  fieldset: 'disabled elements form name type validity',
  form: 'acceptCharset action autocomplete elements encoding enctype length method name noValidate target',
  iframe: 'allowfullscreen height name referrerPolicy src width',
  img: 'alt crossOrigin currentSrc height isMap name referrerPolicy sizes src srcset useMap width',
  input: 'accept accessKey alt autocomplete autofocus checked defaultChecked defaultValue dirName disabled form formAction formEnctype formMethod formNoValidate formTarget height labels list max maxLength min multiple name pattern placeholder readonly required size src step tabIndex type value width',
  ins: 'cite datetime',
  keygen: 'autofocus challenge disabled form keytype labels name type',
  label: 'control form htmlFor',
  legend: 'accessKey form',
  li: 'type value',
  link: 'crossOrigin href hreflang media referrerPolicy rel relList target type',
  map: 'areas images name',
  meta: 'content httpEquiv name',
  meter: 'high labels low max min optimum',
  object: 'data form height name tabIndex type typeMustMatch useMap width',
  ol: 'reversed start type',
  optgroup: 'disabled label',
  option: 'defaultSelected disabled form index label selected text value',
  output: 'defaultValue form htmlFor labels name type value',
  param: 'name value',
  pre: 'name value',
  progress: 'labels max position value',
  script: 'async charset crossOrigin defer noModule src text type',
  select: 'autofocus disabled form labels length multiple name options required selectedIndex selectedOptions size tabIndex type value',
  source: 'keySystem media sizes src srcset type',
  style: 'media type',
  table: 'caption rows sortable tBodies tFoot tHead',
  tbody: 'rows',
  td: 'cellIndex colSpan headers rowSpan',
  textarea: 'accessKey autocapitalize autocomplete cols form labels maxLength placeholder readOnly required rows tabIndex type wrap',
  tfoot: 'rows',
  th: 'abbr cellIndex colSpan headers rowSpan scope sorted',
  thead: 'rows',
  time: 'datetime',
  title: 'text',
  tr: 'cells rowIndex sectionRowIndex',
  track: 'default kind label src srclang',
  ul: 'type',
  video: 'autoplay controls crossOrigin currentSrc defaultMuted loop mediaGroup muted preload src textTracks',
};
const PAGES = { col: '<table><col %></table>', td: '<table><td %></table>', th: '<table><th %></table>', tr: '<table><tr %></table>', tbody: '<table><tbody %></table>', tfoot: '<table><tfoot %></table>', thead: '<table><thead %></table>' };
const VALUES = [null, '', 'abc', '5', '-1', '2.5'];
const ENUMERATED = [['a', 'referrerPolicy', 'referrerpolicy', ['no-referrer', 'unsafe-url', 'same-origin']], ['img', 'crossOrigin', 'crossorigin', ['anonymous', 'use-credentials', 'x']], ['audio', 'preload', 'preload', ['none', 'metadata', 'x']],
  ['form', 'enctype', 'enctype', ['multipart/form-data', 'text/plain', 'x']], ['form', 'method', 'method', ['post', 'POST', 'x']], ['button', 'formMethod', 'formmethod', ['post', 'POST', 'x']], ['form', 'autocomplete', 'autocomplete', ['off', 'OFF']],
  ['button', 'type', 'type', ['reset', 'button', 'menu', 'x']], ['input', 'type', 'type', ['checkbox', 'datetime-local', 'datetime', 'CHECKBOX', 'week']], ['li', 'type', 'type', ['1', 'A', 'disc', 'x']], ['ol', 'type', 'type', ['i', 'x']],
  ['select', 'type', 'multiple', ['']], ['select', 'size', 'size', ['3']], ['meta', 'httpEquiv', 'http-equiv', ['refresh', 'x']], ['keygen', 'keytype', 'keytype', ['DSA', 'x']], ['textarea', 'autocapitalize', 'autocapitalize', ['words', 'x']],
  ['textarea', 'wrap', 'wrap', ['hard', 'x']], ['track', 'kind', 'kind', ['captions', 'subtitles']], ['a', 'relList', 'rel', ['a b', '  a ', '']], ['input', 'defaultChecked', 'checked', ['']], ['input', 'defaultValue', 'value', ['q']],
  ['option', 'defaultSelected', 'selected', ['']], ['label', 'htmlFor', 'for', ['q']], ['output', 'htmlFor', 'for', ['q r']], ['form', 'acceptCharset', 'accept-charset', ['utf-8']], ['input', 'maxLength', 'maxlength', ['0', '+5', '007', ' 7', '1e3']],
  ['progress', 'position', 'value', ['0.5', '3', '-2']], ['col', 'span', 'span', ['0', '3']]];

const page = `<form id=f1 name=nf><label id=la for=i1>L</label><input id=i1><label id=lb>in <input id=i2></label><fieldset id=fs><legend id=lg>x</legend><select id=s1><optgroup id=og label=G><option id=o1 value=1>A a</option><option id=o2 selected>B <b>b</b></option></optgroup><option id=o3 selected label=lab>C</option></select><button id=b1>b</button><output id=ou for=i1>out</output></fieldset><label id=lc for=zz></label></form>
<input id=ext form=f1><input id=ext2 form=zz><label id=lf form=f1 for=ext></label><input id=il list=dl><datalist id=dl><option id=x1>x<option id=x2>y</datalist><select id=sm multiple><option id=m1 selected>1<option id=m2>2<option id=m3 selected>3</select><select id=so form=f1><option id=so1></select>
<map id=mp name=mm><area id=ar1><area id=ar2></map><table id=tb><caption id=cap>c</caption><thead id=th><tr id=r0><th id=h1>a<th id=h2>b</thead><tbody id=tb1><tr id=r1><td id=c1>1<td id=c2>2<tr id=r2><td id=c3><table id=in><tr id=ri><td id=ci></table></tbody><tfoot id=tf><tr id=r4><td id=c5></tfoot></table>
<audio id=au><track id=tr1><track id=tr2></audio><progress id=pr value=1 max=2></progress><label id=lpr for=pr></label><a id=aa href=x>a <b>b</b></a><script id=sc>var a = "<b>";</script>`;
const RELATIONS = 'form labels elements length options selectedOptions selectedIndex value text label index control list areas caption rows tBodies tFoot tHead cells rowIndex sectionRowIndex cellIndex textTracks'.split(' ');

const show = (value) => {
  if (value === null || typeof value !== 'object') {
    return typeof value === 'string' ? JSON.stringify(value) : String(value);
  }
  return Array.isArray(value) ? `[${value.map(show).join()}]` : `<${value.nodeName()} ${value.id()}>`;
};

export default function () {
  for (const tag of Object.keys(METHODS)) {
    for (const method of METHODS[tag].split(' ')) {
      const names = [method.toLowerCase(), method.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)];
      const results = VALUES.map((value) => {
        const attributes = value === null ? '' : names.map((name) => `${name}="${value}"`).join(' ');
        const html = (PAGES[tag] || `<${tag} %>x</${tag}>`).replace('%', attributes);
        return show(parseHTML(html).find(tag).get(0)[method]());
      });
      console.log(`${tag}.${method}`, results.join(' | '));
    }
  }
  for (const [tag, method, attribute, values] of ENUMERATED) {
    console.log(tag, method, values.map((value) => show(parseHTML((PAGES[tag] || `<${tag} %>x</${tag}>`).replace('%', `${attribute}="${value}"`)).find(tag).get(0)[method]())).join(' | '));
  }
  const d = parseHTML(page);
  for (const element of d.find('[id]').get()) {
    console.log(element.id(), RELATIONS.filter((method) => typeof element[method] === 'function').map((method) => `${method}: ${show(element[method]())}`).join('; '));
  }
}
