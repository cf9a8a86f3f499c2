// Who asks: the operators' token, as `Authorization: Bearer TOKEN`.
import { createHash, timingSafeEqual } from 'node:crypto';
import { AppError } from '../../shared/errors.js';

const hashOf = (text: string) => createHash('sha256').update(text).digest();

export interface Authenticator {
  /** Throws AppError `unauthorized` unless the header's token is the right one. */
  authenticate(header: string | undefined): void;
  /** True for the token itself, wherever it stands. */
  isToken(text: string): boolean;
}

export function createAuthenticator(token: string): Authenticator {
  const expected = hashOf(token);
  // Hashes are of one length, and comparing them takes as long whatever is in them.
  const isToken = (text: string) => timingSafeEqual(hashOf(text), expected);
  return {
    isToken,
    authenticate(header) {
      if (header === undefined) {
        throw new AppError('unauthorized', 'this needs a token, and the request has none', {
          hint: 'Send the header `Authorization: Bearer TOKEN`.',
        });
      }
      const given = /^Bearer +(\S+) *$/i.exec(header)?.[1];
      if (given === undefined) {
        throw new AppError('unauthorized', 'the header Authorization has another form than `Bearer TOKEN`', {
          hint: 'Send the header `Authorization: Bearer TOKEN`.',
        });
      }
      if (!isToken(given)) {
        throw new AppError('unauthorized', 'the token is not one of this controller', {
          hint: 'Use the token that this controller was set up with, whole and unquoted.',
        });
      }
    },
  };
}
