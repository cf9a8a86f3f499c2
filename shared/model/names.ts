// Names that reach SQL, file names and screens: what they may be made of, and how long they may be. Every schema, route,
// configuration key and command line takes them from here.
import { z } from 'zod';
import { sharedLimits as limits, type Limit } from '../limits.js';

/** A name of 1 to `limit.max` characters that the pattern allows. */
function name({ max }: Limit, pattern: RegExp, allowed: string) {
  const error = `must be ${allowed.replace('@', `at most ${max}`)}`;
  return z.string().min(1, { error }).max(max, { error }).regex(pattern, { error });
}

const word = /^[A-Za-z0-9][A-Za-z0-9._~-]*$/;
const wordOf = 'letters, digits and . _ ~ -, @, a letter or a digit first';

/** Of a tenant. */
export const slug = name(
  limits.slug,
  /^[a-z0-9][a-z0-9_-]*$/,
  'lower-case letters, digits, - and _, @, none of - _ first',
);

export const hostName = name(
  limits.hostName,
  /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
  'letters, digits and . _ -, @, a letter or a digit first',
);

/** A tag; which tags may be deployed is decided by the tenant's `tag_pattern`. */
export const tag = name(limits.tag, /^[^\p{C}\p{Z}]+$/u, 'characters other than white space and control characters, @');

/** Of an upgrade, a rollback or a request. */
export const id = name(limits.id, word, wordOf);

/** Of a token of a person or a script. */
export const tokenName = name(
  limits.tokenName,
  /^[A-Za-z0-9][A-Za-z0-9._@-]*$/,
  'letters, digits and . _ @ -, @, a letter or a digit first',
);

/** A selection of tenants as it is written; `parseSelection` reads it. */
export const selectionText = name(
  limits.selection,
  /^[^\p{C}\p{Zl}\p{Zp}]+$/u,
  'characters other than control characters, @',
);

export const idempotencyKey = name(limits.idempotencyKey, /^[ -~]+$/, 'printable ASCII characters, @');

/** Of an error; the codes of other versions are names, too. */
export const errorCode = name(limits.code, /^[a-z][a-z0-9-]*$/, 'lower-case letters, digits and -, @, a letter first');

export const signal = name(limits.code, /^[A-Z][A-Z0-9+-]*$/, 'the name of a signal, @ characters');

/** The version of a program, a kernel or an architecture; the id of a boot. */
export const version = name(limits.code, /^[!-~]+$/, 'visible ASCII characters, @');

/** Of a command in its upgrade, and of what an upgrade remembers. */
export const key = name(limits.commandKey, /^[\w.~-]+$/, 'letters, digits and . _ ~ -, @');

export const commit = z.string().regex(/^[0-9a-f]{40,64}$/, {
  error: 'must be a whole commit id: 40 hexadecimal digits or more',
});

/** A hash or a git object id. */
export const hash = z
  .string()
  .max(limits.code.max)
  .regex(/^[0-9a-f]*$/, { error: 'must be hexadecimal digits' });

/** ISO 8601; empty where it is unknown. */
export const time = z
  .string()
  .max(limits.code.max)
  .regex(/^[0-9TZ:.+-]*$/, { error: 'must be a time in ISO 8601' });

/** Of a label; its value is text. */
export const labelName = name(
  limits.label,
  /^[A-Za-z0-9][A-Za-z0-9._/-]*$/,
  'letters, digits and . _ / -, @, a letter or a digit first',
);

/** As the system gives it, on a host or in a repository. */
export const path = z.string().max(limits.path.max);

/** A whole number from 0 on: a count, a size in bytes, a position, milliseconds. */
export const count = z.number().int().min(0);

/** Names of hosts: `*` stands for any characters, `?` for one. */
export const hostPattern = name(
  limits.hostName,
  /^[A-Za-z0-9*?][A-Za-z0-9._*?-]*$/,
  'letters, digits and . _ - * ?, @, a letter, a digit, * or ? first',
);

/** A public key of a host: 32 bytes, base64url. */
export const hostKey = z
  .string()
  .max(43)
  .regex(/^[A-Za-z0-9_-]{43}$/, { error: 'must be a public key: 43 characters' });

/** An Ed25519 signature: 64 bytes, base64url. */
export const signature = z
  .string()
  .max(86)
  .regex(/^[A-Za-z0-9_-]{86}$/, { error: 'must be a signature: 86 characters' });

/** What a controller has signed: 32 bytes, base64url. */
export const nonce = z
  .string()
  .max(43)
  .regex(/^[A-Za-z0-9_-]{43}$/, { error: 'must be a nonce: 43 characters' });

/** With it a host joins once, or as often as was said. */
export const joinToken = z.string().regex(/^drover_join_[A-Za-z0-9_-]{43}$/, {
  error: 'must be a join token: drover_join_ and 43 characters',
});
