// Sends texts to an agent with one write each. The library makes a vector of two of each, header and text: a wave of ten
// thousand orders, which is sent at once, would take half as long again.
import type { Socket } from 'node:net';
import { isOpen, type WebSocket } from '../../shared/wire/websocket.js';

/** Of a whole message of text (RFC 6455, section 5.2), not masked, whose length is in the next two bytes. */
const header = '\u0081\u007e';
const minLength = 126;
const maxLength = 0xffff;

// oxlint-disable-next-line no-control-regex -- the range is ASCII
const isAscii = /^[\u0000-\u007f]*$/;

/**
 * Returns how to send over this socket of a server, whose bytes go over `stream`. What the library itself sends keeps its
 * order with it: without compression it writes at once, too.
 */
export function createTextSender(socket: WebSocket, stream: Socket): (text: string) => void {
  return (text) => {
    const { length } = text;
    // Only in ASCII a character is a byte.
    const isPlain = length >= minLength && length <= maxLength && isAscii.test(text);
    if (!isPlain || !isOpen(socket)) return socket.send(text);
    stream.write(header + String.fromCharCode(length >> 8, length & 0xff) + text, 'latin1');
  };
}
