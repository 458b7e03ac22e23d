// String.prototype.localeCompare() in the order of the Unicode Collation Algorithm (https://www.unicode.org/reports/tr10/),
// as far as people sort names by it: letters count before their case and accents. QuickJS would compare code units.
// Loaded by lazy().
'use strict';

const MARKS = /[\u0300-\u036f]+/g;

// Spaces, punctuation, symbols, digits, letters.
const rank = (char) => {
  if (/\p{L}/u.test(char)) {
    return 5;
  }
  if (/\p{N}/u.test(char)) {
    return 4;
  }
  if (/\p{S}/u.test(char)) {
    return 3;
  }
  return /\p{P}/u.test(char) ? 2 : 1;
};

// In the order of the algorithm's default table, where it is not that of the code points.
const SIGNS = '_-,;:!?.\'"()[]{}@*/\\&#%`^+<=>|~$';

const compareSigns = (a, b) => {
  const i = SIGNS.indexOf(a);
  const j = SIGNS.indexOf(b);
  return i === -1 || j === -1 ? rank(a) - rank(b) || (a < b ? -1 : 1) : i - j;
};

const compareLetters = (a, b) => {
  const left = [...a];
  const right = [...b];
  const shared = Math.min(left.length, right.length);
  for (let i = 0; i < shared; i += 1) {
    if (left[i] !== right[i]) {
      return rank(left[i]) < 4 && rank(right[i]) < 4
        ? compareSigns(left[i], right[i])
        : rank(left[i]) - rank(right[i]) || (left[i] < right[i] ? -1 : 1);
    }
  }
  return left.length - right.length;
};

// Of ASCII characters: where they stand, letters of both cases at one place; most comparisons need nothing else.
const places = new Uint8Array(128);
Array.from(places.keys(), (code) => String.fromCharCode(code).toLowerCase())
  .sort(compareLetters)
  .forEach((char, place) => {
    places[char.charCodeAt(0)] = place;
    places[char.toUpperCase().charCodeAt(0)] = place;
  });

// The order of two texts as far as they are ASCII; null where other characters decide.
const compareAscii = (a, b) => {
  const shared = Math.min(a.length, b.length);
  let caseOrder = 0;
  for (let i = 0; i < shared; i += 1) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left > 127 || right > 127) {
      return null;
    }
    if (places[left] !== places[right]) {
      return places[left] - places[right];
    }
    // Small letters come first, and their codes are the greater ones.
    caseOrder ||= right - left;
  }
  if (a.length === b.length) {
    return caseOrder;
  }
  return (a.length > shared ? a : b).charCodeAt(shared) > 127 ? null : a.length - b.length;
};

const compare = (a, b) => {
  if (a === b) {
    return 0;
  }
  const ascii = compareAscii(a, b);
  if (ascii !== null) {
    return ascii;
  }
  const left = a.normalize('NFD');
  const right = b.normalize('NFD');
  if (left === right) {
    return 0;
  }
  const leftLetters = left.replace(MARKS, '');
  const rightLetters = right.replace(MARKS, '');
  const order = compareLetters(leftLetters.toLowerCase(), rightLetters.toLowerCase());
  if (order !== 0) {
    return order;
  }
  if (left.toLowerCase() !== right.toLowerCase()) {
    return left.toLowerCase() < right.toLowerCase() ? -1 : 1;
  }
  // Small letters come first.
  return leftLetters > rightLetters ? -1 : 1;
};

// A method has no prototype of its own and cannot be constructed, like QuickJS's.
Object.assign(exports, {
  localeCompare(other) {
    if (this === undefined || this === null) {
      throw new TypeError('String.prototype.localeCompare called on null or undefined');
    }
    return Math.sign(compare(String(this), String(other)));
  },
});
