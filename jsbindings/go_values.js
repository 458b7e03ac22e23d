// What becomes of a value that a script hands to a k6 module: the modules are Go functions, and Go's names of types are
// in what they complain about. Observed in k6 v2.2.0.
import { getOwnPropertyDescriptor, GoError } from 'k6py:kernel';

const { get: typedArrayName } = getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag);
const { get: byteLength } = getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength');

// Not instanceof: what only has the prototype holds no bytes.
const isArrayBuffer = (value) => {
  try {
    return byteLength.call(value) >= 0;
  } catch {
    return false;
  }
};

const BYTES = new Set(['Uint8Array', 'Uint8ClampedArray']);

const ARRAY_TYPES = {
  Int8Array: '[]int8',
  Int16Array: '[]int16',
  Uint16Array: '[]uint16',
  Int32Array: '[]int32',
  Uint32Array: '[]uint32',
  Float32Array: '[]float32',
  Float64Array: '[]float64',
  BigInt64Array: '[]int64',
  BigUint64Array: '[]uint64',
};

// An integer has to be one in Go too, and exact: no negative zero.
const numberType = (value) => (Number.isInteger(value) && Math.abs(value) <= 2 ** 53 && !Object.is(value, -0)
  ? 'int64' : 'float64');

const functionType = (value) => (Function.prototype.toString.call(value).startsWith('class')
  ? 'func(sobek.ConstructorCall) *sobek.Object' : 'func(sobek.FunctionCall) sobek.Value');

const objectType = (value) => {
  if (Array.isArray(value) || value instanceof Set) {
    return '[]interface {}';
  }
  if (value instanceof Map) {
    return '[][2]interface {}';
  }
  if (value instanceof Date) {
    return 'time.Time';
  }
  if (value instanceof Promise) {
    return '*sobek.Promise';
  }
  return ARRAY_TYPES[typedArrayName.call(value)] ?? 'map[string]interface {}';
};

const typeName = (value) => {
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'number':
      return numberType(value);
    case 'bigint':
      return '*big.Int';
    case 'function':
      return functionType(value);
    case 'object':
      return value === null ? '<nil>' : objectType(value);
    default:
      return '<nil>';
  }
};

// Objects around these count as what is in them; objects around strings do not.
const unboxed = (value) => ([Number, Boolean, BigInt, Symbol].some((box) => value instanceof box)
  ? value.valueOf() : value);

const symbolText = (symbol) => symbol.description ?? '';

// What Go gets for a string: nothing is an empty one.
export const textOf = (value) => {
  if (value === undefined || value === null) {
    return '';
  }
  return typeof value === 'symbol' ? symbolText(value) : String(value);
};

// What Go gets for an int; what no int can hold is 0.
export const integerOf = (value) => {
  const number = Math.trunc(+value);
  return Number.isFinite(number) ? number : 0;
};

// What an op takes as bytes: text (of which it gets the UTF-8), an ArrayBuffer or an array of bytes.
// `context` goes before the complaint about anything else.
export const bytesOf = (value, context = '') => {
  const given = unboxed(value);
  if (typeof given === 'symbol') {
    return symbolText(given);
  }
  if (typeof given === 'string' || isArrayBuffer(given) || BYTES.has(typedArrayName.call(given))) {
    return given;
  }
  throw new GoError(`${context}invalid type ${typeName(given)}, expected string, []byte or ArrayBuffer`);
};
