import { parseHTML } from 'k6/html';

const controls = ['<input value=a>', '<input>', '<input type=checkbox>', '<input type=checkbox value=q>', '<input type=radio>', '<input type=CHECKBOX>',
  '<textarea> a\nb<b></textarea>', '<textarea></textarea>', '<button value=q>z</button>', '<button>z</button>', '<option value=q>z</option>', '<option>z <b>y</b></option>',
  '<option value>x</option>', '<select><option>1<option>2</select>', '<select><option>1<option selected>2</select>', '<select><option selected>1<option selected value=b>2</select>', '<select></select>',
  '<select multiple><option>1<option>2</select>', '<select multiple><option selected>1<option selected value=b>2</select>', '<select><optgroup><option selected>1</optgroup></select>',
  '<li value=3>', '<p value=q>', '<meter value=2>', '<output>q</output>', '<data value=1>', '<fieldset value=a>'];

const form = `<form id=f><input name=n value=v><input name=noval><input value=noname><input name="" value=x><input type=checkbox name=c0 value=y checked="checked"><input type=checkbox name=c1 value=y checked><input type=checkbox name=c2 value=z><input type=checkbox name=c3 checked="checked"><input type=radio name=r value=1><input type=radio name=r value=2 checked="checked"><select name=s><option value=o1>A<option value=o2 selected>B</select><select name=s1><option>only<option>x</select><select name=se></select><select name=m multiple><option selected>1<option selected value="2 &">2</select><select name=m0 multiple><option>1</select><textarea name=t>area
two &amp; <b></textarea><textarea name=te></textarea><input type=submit name=go value=Go><input type=button name=bt value=Go><input type=reset name=rs value=Go><input type=image name=im value=Go><input type=file name=fl value=Go><button name=b value=bv>b</button><input type=hidden name=h value="é ü&=+%/ *~!'()"><input name=dis value=1 disabled><input type=password name=p value=pw><input name=n value=v2><input type=weird name="a.b[]" value=1><input type=SUBMIT name=up value=1></form><input name=outside value=1>`;

const named = (object) => Object.keys(object).sort().map((name) => `${name}=${JSON.stringify(object[name])}`).join();

export default function () {
  for (const html of controls) {
    const value = parseHTML(`<body>${html}`).find('body').children().val();
    console.log(html, value === undefined ? 'undefined' : JSON.stringify(value), Array.isArray(value));
  }
  const d = parseHTML(form);
  for (const selector of ['form', 'input', '*', 'select', 'textarea', 'button', 'option', 'none', 'form, [name=outside]', '[name=outside]', 'p']) {
    const selection = d.find(selector);
    console.log(selector, selection.serialize(), JSON.stringify(selection.serializeArray()), named(selection.serializeObject()));
  }
  const two = parseHTML('<form><input name=b value=1></form><form><input name=b value=2><input name=a value=3></form>').find('form');
  console.log(two.serialize(), JSON.stringify(two.serializeArray()), Array.isArray(two.serializeArray()));
}
