// TypeScript runs as it is: types are taken out, nothing is checked.
import ws, { type Socket } from 'k6/ws';
import { check } from 'k6';

enum Kind {
  Question = 'question',
  Answer = 'answer',
}

interface Message {
  kind: Kind;
  text: string;
}

const url: string = __ENV.WS_URL || 'ws://127.0.0.1:8080';

function parse<T>(text: string): T {
  return JSON.parse(text) as T;
}

export const options = { vus: 1, iterations: 2 };

export default function (): void {
  const question: Message = { kind: Kind.Question, text: 'Is anybody there?' };

  ws.connect(url, {}, (socket: Socket) => {
    socket.on('open', () => socket.send(JSON.stringify(question)));
    socket.on('message', (data: string) => {
      const echo = parse<Message>(data);
      check(echo, {
        'the kind came back': (m: Message) => m.kind === Kind.Question,
        'the text came back': (m: Message) => m.text === question.text,
      });
      socket.close();
    });
  });
}
