// k6/experimental/websockets: k6/websockets under its old name.
import { ops } from 'k6py:kernel';

ops('k6/experimental/websockets').warn();

export { WebSocket, Blob } from 'k6/websockets';
export { default } from 'k6/websockets';
