// What a token looks like, and its hash. A token has 256 random bits, so its plain SHA-256 cannot be guessed back.
import { createHash } from 'node:crypto';

/** Scanners for leaked secrets find it by this. */
const prefix = 'drover_';
const joinPrefix = 'drover_join_';
const shape = /drover_[A-Za-z0-9_-]{43}/;
const every = new RegExp(`${shape.source}[A-Za-z0-9_-]*`, 'g');

/** A new token of 32 random bytes. */
export function makeToken(random: (bytes: number) => Buffer): string {
  return `${prefix}${random(32).toString('base64url')}`;
}

/** A new join token of 32 random bytes. */
export function makeJoinToken(random: (bytes: number) => Buffer): string {
  return `${joinPrefix}${random(32).toString('base64url')}`;
}

/** True for a text that holds what has the form of a token, of any kind. */
export function holdsToken(text: string): boolean {
  return shape.test(text);
}

/** The text with `…` for what has the form of a token. */
export function hideTokens(text: string): string {
  return text.replaceAll(every, `${prefix}…`);
}

/** SHA-256, hexadecimal. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
