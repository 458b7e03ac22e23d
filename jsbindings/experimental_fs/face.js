// k6/experimental/fs: https://grafana.com/docs/k6/latest/javascript-api/k6-experimental/fs/
// The host keeps each file's content once for all virtual users; a File has its own position in it.
import { lazy, ops } from 'k6py:kernel';
import { fileStates } from 'k6py:file-states';

const { namedError, take } = lazy('k6py:named-error')();
const { turns } = lazy('k6py:turns')();
const fs = ops('k6/experimental/fs');
const turn = turns(fs.pause);

export const SeekMode = { Start: 0, Current: 1, End: 2 };

const refuse = (action, reason) => {
  throw namedError('TypeError', `${action}() failed; reason: ${reason}`);
};

const requireGiven = (action, value, name) => {
  if (value === undefined || value === null) {
    refuse(action, `${name} cannot be null or undefined`);
  }
};

const read = (state, into) => {
  requireGiven('read', into, 'into argument');
  if (!(into instanceof Uint8Array)) {
    refuse('read', 'into argument must be a Uint8Array');
  }
  if (into.length === 0) {
    return 0;
  }
  const end = Math.min(state.position + into.length, state.size);
  if (state.position >= end) {
    return null;
  }
  const bytes = new Uint8Array(fs.read(state.url, state.position, end));
  into.set(bytes);
  state.position = end;
  return bytes.length;
};

// As k6 counts: an offset from the end starts at the last byte, not behind it.
const origins = [() => 0, (state) => state.position, (state) => state.size - 1];

const seek = (state, offset, whence) => {
  requireGiven('seek', offset, 'the offset argument');
  if (!Number.isInteger(offset)) {
    refuse('seek', 'the offset argument must be a number');
  }
  requireGiven('seek', whence, 'the whence argument');
  if (!Number.isInteger(whence)) {
    refuse('seek', 'the whence argument must be a number');
  }
  if (!(whence in origins)) {
    refuse('seek', 'the whence argument must be a SeekMode');
  }
  if (whence === SeekMode.Start && offset < 0) {
    throw namedError('TypeError', 'offset cannot be negative when using SeekModeStart');
  }
  if (whence === SeekMode.End && offset > 0) {
    throw namedError('TypeError', 'offset cannot be positive when using SeekModeEnd');
  }
  const position = origins[whence](state) + offset;
  if (position < 0) {
    throw namedError('TypeError', 'seeking before start of file');
  }
  if (position > state.size) {
    throw namedError('TypeError', 'seeking beyond end of file');
  }
  state.position = position;
  return position;
};

const makeFile = (path, url, size) => {
  const state = { url, size, position: 0 };
  const file = {
    path,
    // The work is done when they are called, so that calls take effect in their order.
    read: async (into) => turn(read(state, into)),
    seek: async (offset, whence) => turn(seek(state, offset, whence)),
    stat: async () => ({ name: path.slice(path.lastIndexOf('/') + 1), size }),
  };
  fileStates.set(file, state);
  return file;
};

export const open = async (path) => {
  requireGiven('open', path, 'path');
  return makeFile(...take(fs.open(String(path))));
};

export default { open, SeekMode };
