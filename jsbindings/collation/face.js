// String.prototype.localeCompare() in k6's order; QuickJS would compare code units.
import { ops } from 'k6py:kernel';

const host = ops('k6py:collation');
const Compile = Function;
let compare;

// Most scripts never compare, so that a virtual user gets the code when it does.
const { localeCompare } = {
  localeCompare(other) {
    if (this === undefined || this === null) {
      throw new TypeError('String.prototype.localeCompare called on null or undefined');
    }
    compare ??= new Compile(host.source())();
    return Math.sign(compare(String(this), String(other)));
  },
};

Object.defineProperty(String.prototype, 'localeCompare', { writable: true, configurable: true, value: localeCompare });
