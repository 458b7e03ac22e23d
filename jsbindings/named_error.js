// Errors with a name of their own, as DOMException has them (https://webidl.spec.whatwg.org/#idl-DOMException). Loaded by
// lazy().
'use strict';

const classes = { TypeError, RangeError, SyntaxError };

// Name and message show in JSON, as in k6.
const namedError = (name, message) => Object.defineProperties(new (classes[name] ?? Error)(message), {
  name: { value: name, writable: true, enumerable: true, configurable: true },
  message: { enumerable: true },
});
exports.namedError = namedError;

// The value of an op under named_errors(), or its error thrown.
exports.take = ([value, name, message]) => {
  if (name !== undefined) {
    throw namedError(name, message);
  }
  return value;
};
