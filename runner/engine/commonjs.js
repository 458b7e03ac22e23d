// A part of the kernel: CommonJS files, and require().
'use strict';

const { callHost, lazy, native, slots, unwrap } = kernel;
const stacks = lazy('k6py:kernel/stacks');

const modules = new Map();
// URLs of the CommonJS files that are running their top level, the innermost last.
const evaluating = [];
let delivered;
let thrownInModule;

// Called by the module that the host evaluates for a require(): it hands over the namespace.
const deliver = (namespace) => {
  delivered = namespace;
};

const requireFrom = (base, specifier) => {
  const { url, commonjs: isCommonjs } = unwrap(callHost('engine.resolve', base, specifier));
  if (isCommonjs) {
    return commonjs(url);
  }
  thrownInModule = undefined;
  try {
    unwrap(callHost('engine.import', url));
  } catch (error) {
    throw thrownInModule ?? error;
  }
  return delivered;
};

function require(specifier) {
  return requireFrom(stacks().callingFile(), String(specifier));
}

const compile = (url) => {
  const compiled = unwrap(callHost('engine.compile', url));
  if (!native) {
    return new Function('exports', 'require', 'module', compiled);
  }
  const value = slots[0];
  slots.length = 0;
  if (compiled === 'threw') {
    throw value;
  }
  return value;
};

// Runs a CommonJS file once and returns its exports; importing and requiring share the same module object.
const commonjs = (url) => {
  let module = modules.get(url);
  if (module === undefined) {
    module = { exports: {}, id: url };
    modules.set(url, module);
    const requireHere = (specifier) => requireFrom(url, String(specifier));
    evaluating.push(url);
    try {
      compile(url).call(module.exports, module.exports, requireHere, module);
    } catch (error) {
      // The exception must reach a require() around this as it is, not as the host's copy of its text.
      thrownInModule = error;
      modules.delete(url);
      throw error;
    } finally {
      evaluating.pop();
    }
  }
  return module.exports;
};

Object.assign(exports, { commonjs, deliver, evaluating, modules, require });
