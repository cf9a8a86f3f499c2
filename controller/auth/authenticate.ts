// Who asks: the operators' token, as `Authorization: Bearer TOKEN`.
import { AppError } from '../../shared/errors.js';
import { createSecretCheck } from './check_secret.js';

export interface Authenticator {
  /** Throws AppError `unauthorized` unless the header's token is the right one. */
  authenticate(header: string | undefined): void;
  /** True for the token itself, wherever it stands. */
  isToken(text: string): boolean;
}

/** For one token, which everyone who may do anything has. */
export function createAuthenticator(token: string): Authenticator {
  const isToken = createSecretCheck(token);
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
