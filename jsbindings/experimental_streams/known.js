// The classes of k6/experimental/streams, once a script has imported it: modules that use them when they are there need
// not load them for everybody.
export const known = {};
