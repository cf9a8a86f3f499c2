// What fuzzers send: bytes that resemble HTTP, and frames that resemble those of the protocol.
import * as fc from 'fast-check';

const token = fc.constantFrom('GET', 'POST', 'HEAD', 'OPTIONS', 'CONNECT', 'PRI', 'get', '', '\u0000', 'GET GET');
const target = fc.oneof(
  fc.constantFrom(
    '/',
    '/agent',
    '/healthz',
    '//[',
    '//',
    '*',
    'http://[',
    '/%',
    '/docs',
    '/api/v1/hosts',
    '?',
    '/..;/',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  // What parsers of URLs look at.
  fc
    .array(fc.constantFrom('/', '//', '[', ']', '%', '@', ':', '?', '#', '\\', 'agent', '..', 'http:', '::1'), {
      maxLength: 6,
    })
    .map((parts) => parts.join('')),
);
const header = fc.oneof(
  fc.constantFrom(
    'Host: x',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Upgrade: h2c',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99',
    'Content-Length: 5',
    'Content-Length: -1',
    'Transfer-Encoding: chunked',
    'Expect: 100-continue',
    'Expect: nonsense',
    'Authorization: Bearer guessed',
    'Content-Type: application/json',
    'Origin: http://[',
  ),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.nat(20_000).map((length) => `X: ${'x'.repeat(length)}`),
);

/** A handshake of a WebSocket for any target, in which at most one header is another one. */
const handshake = fc.tuple(target, fc.nat(20), header).map(([path, place, other]) => {
  const headers = [
    'Host: x',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ];
  const changed = headers.map((own, index) => (index === place ? other : own));
  return `${[`GET ${path} HTTP/1.1`, ...changed].join('\r\n')}\r\n\r\n`;
});

/** A request, or something like it, cut anywhere. */
const requestLike = fc
  .record({
    line: fc.tuple(token, target, fc.constantFrom('HTTP/1.1', 'HTTP/1.0', 'HTTP/9.9', '')),
    headers: fc.array(header, { maxLength: 12 }),
    body: fc.string({ unit: 'binary', maxLength: 100 }),
    end: fc.constantFrom('\r\n\r\n', '\n\n', '\r\n', ''),
    cut: fc.double({ min: 0.2, max: 1, noNaN: true }),
  })
  .map(({ line, headers, body, end, cut }) => {
    const text = `${[line.join(' '), ...headers].join('\r\n')}${end}${body}`;
    return text.slice(0, Math.ceil(text.length * cut));
  });

/** Requests, handshakes, and what resembles them. */
export const hostileBytes = fc.oneof(requestLike, handshake);

/** Arrays in arrays. */
function nest(depth: number): unknown {
  return JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);
}

/** A value in the place of another one. */
const strange = fc.oneof(
  fc.constantFrom(null, -1, 0.5, 1e300, true, '', [], {}, '\u0000', '漢'.repeat(200), '\u001b]52;c;x\u0007'),
  fc.jsonValue({ maxDepth: 3 }),
  fc.nat(100_000).map((length) => 'x'.repeat(length)),
  fc.integer({ min: 1, max: 3000 }).map((depth) => nest(depth)),
);

/** The frame with a strange value at one place. */
function change(frame: object, place: number, value: unknown): object {
  const entries = Object.entries(frame);
  const entry = entries[place % Math.max(1, entries.length)];
  if (entry === undefined) return frame;
  const [key, old] = entry;
  const isDeeper = typeof old === 'object' && old !== null && place % 3 !== 0;
  return { ...frame, [key]: isDeeper ? change(old, Math.floor(place / 3), value) : value };
}

/** The text of a frame out of `frames`: as it is, with a strange value, cut, or no frame at all. */
export function hostileText(frames: fc.Arbitrary<object>): fc.Arbitrary<string> {
  const changed = fc
    .tuple(frames, fc.nat(1000), strange)
    .map(([frame, place, value]) => JSON.stringify(change(frame, place, value)));
  const cut = fc.tuple(frames, fc.nat(200)).map(([frame, length]) => JSON.stringify(frame).slice(0, length));
  return fc.oneof(
    { weight: 4, arbitrary: frames.map((frame) => JSON.stringify(frame)) },
    { weight: 4, arbitrary: changed },
    { weight: 1, arbitrary: cut },
    { weight: 1, arbitrary: fc.oneof(fc.string({ unit: 'binary' }), fc.json()) },
  );
}
