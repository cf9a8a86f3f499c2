// Authenticates operators by their token: `Authorization: Bearer TOKEN`.
import { AppError } from '../../shared/errors.js';
import { createSecretCheck } from './check_secret.js';

export interface Authenticator {
  /** Throws AppError `unauthorized` unless the header carries the operators' token. */
  authenticate(header: string | undefined): void;
  /** True when `text` is the token. */
  isToken(text: string): boolean;
}

/** All operators share one token. */
export function createAuthenticator(token: string): Authenticator {
  const isToken = createSecretCheck(token);
  return {
    isToken,
    authenticate(header) {
      if (header === undefined) {
        throw new AppError('unauthorized', 'the request has no token', {
          hint: 'Send the header `Authorization: Bearer TOKEN`.',
        });
      }
      const given = /^Bearer +(\S+) *$/i.exec(header)?.[1];
      if (given === undefined) {
        throw new AppError('unauthorized', 'the Authorization header is not of the form `Bearer TOKEN`', {
          hint: 'Send the header `Authorization: Bearer TOKEN`.',
        });
      }
      if (!isToken(given)) {
        throw new AppError('unauthorized', 'the token is wrong', {
          hint: "Use this controller's operator token, whole and unquoted.",
        });
      }
    },
  };
}
