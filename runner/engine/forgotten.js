// A part of the kernel: objects of the host that end with objects of the script; the host has no other way to know.
'use strict';

const registry = new kernel.FinalizationRegistry((action) => action());

// Calls `action` some time after nobody refers to `object` any more.
exports.onForgotten = (object, action) => registry.register(object, action);
