// JavaScript values as Go would print them (fmt's %v and %T): k6 does so in forms and in its messages.

const tiny = (number) => number !== 0 && Math.abs(number) < 1e-4;

const numberText = (number) => {
  if (Object.is(number, -0)) {
    return '-0';
  }
  // Exponents have two digits at least, and begin earlier than in JavaScript.
  const text = tiny(number) ? number.toExponential() : String(number);
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
};

const dateText = (date) => `${date.toISOString().replace('T', ' ').replace(/\.?0*Z$/, '')} +0000 UTC`;

const isList = (value) => Array.isArray(value) || value instanceof Set
  || (ArrayBuffer.isView(value) && !(value instanceof DataView));

const memberText = (object) => Object.keys(object).sort().map((name) => `${name}:${goText(object[name])}`).join(' ');

// As fmt.Sprint() prints it.
export const goText = (value) => {
  if (value === null || value === undefined) {
    return '<nil>';
  }
  if (typeof value === 'number') {
    return numberText(value);
  }
  if (typeof value !== 'object' || value instanceof String || value instanceof ArrayBuffer) {
    return String(value);
  }
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? String(value) : dateText(value);
  }
  if (isList(value) || value instanceof Map) {
    return `[${[...value].map(goText).join(' ')}]`;
  }
  return `map[${memberText(value)}]`;
};

const typeOfNumber = (number) => (Number.isSafeInteger(number) && !Object.is(number, -0) ? 'int64' : 'float64');

const arrayTypes = new Map([[Uint8Array, 'uint8'], [Uint8ClampedArray, 'uint8'], [Int8Array, 'int8'],
  [Uint16Array, 'uint16'], [Int16Array, 'int16'], [Uint32Array, 'uint32'], [Int32Array, 'int32'],
  [BigUint64Array, 'uint64'], [BigInt64Array, 'int64'], [Float32Array, 'float32'], [Float64Array, 'float64']]);

const typeOfObject = (object) => {
  for (const [constructor, name] of arrayTypes) {
    if (object instanceof constructor) {
      return `[]${name}`;
    }
  }
  if (Array.isArray(object) || object instanceof Set) {
    return '[]interface {}';
  }
  if (object instanceof Map) {
    return '[][2]interface {}';
  }
  if (object instanceof ArrayBuffer) {
    return 'sobek.ArrayBuffer';
  }
  return object instanceof Date ? 'time.Time' : 'map[string]interface {}';
};

// The type that Go sees.
export const goType = (value) => {
  if (value === null || value === undefined) {
    return '<nil>';
  }
  switch (typeof value) {
    case 'number':
      return typeOfNumber(value);
    case 'boolean':
      return 'bool';
    case 'function':
      return 'func(sobek.FunctionCall) sobek.Value';
    case 'object':
      return typeOfObject(value);
    default:
      return typeof value;
  }
};
