// What stands behind the File objects of k6/experimental/fs, for the modules that take them: url, size and position.
export const fileStates = new WeakMap();
