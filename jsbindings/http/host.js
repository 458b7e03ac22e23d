// The ops of k6/http: asked for once, because each asking makes a binding.
import { ops } from 'k6py:kernel';

export const http = ops('k6/http');
