// What is refused of any request before it is looked at: a token in the URL, and what other sites send.
import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '../../shared/errors.js';
import type { Authenticator } from './authenticate.js';

const tokenNames = /^(token|.*[-_]token|api[-_]?key|key|auth|authorization|bearer|password|secret)$/i;

/** The path alone: what stands after it may be a secret, and is never logged or repeated. */
export const pathOf = (url: string) => url.split('?', 1)[0] ?? '';

/** Throws AppError `unauthorized` where the URL holds a token: URLs end up in logs and histories. */
export function refuseTokenInUrl(url: string, authenticator: Authenticator): void {
  const query = new URLSearchParams(url.slice(pathOf(url).length + 1));
  for (const [name, value] of query) {
    if (!tokenNames.test(name) && !authenticator.isToken(value)) continue;
    throw new AppError('unauthorized', 'a token in the URL is not accepted: URLs end up in logs and histories', {
      hint: 'Send it as the header `Authorization: Bearer TOKEN`, and replace the one that stood in the URL.',
    });
  }
}

/**
 * Throws AppError `forbidden` for what a browser sends from another site. The scheme is not compared: a proxy before the
 * controller may have ended TLS.
 */
export function refuseOtherSites({ headers }: { headers: IncomingHttpHeaders }): void {
  const { origin, host } = headers;
  if (origin !== undefined && (host === undefined || hostOf(origin) !== host.toLowerCase())) {
    throw new AppError('forbidden', `requests from ${JSON.stringify(origin)} are not accepted`, {
      hint: 'Only pages of this controller itself may call it; programs send no Origin at all.',
    });
  }
  const site = headers['sec-fetch-site'];
  if (site === 'cross-site' || site === 'same-site') {
    throw new AppError('forbidden', `requests from another site (${site}) are not accepted`, {
      hint: 'Only pages of this controller itself may call it.',
    });
  }
}

function hostOf(origin: string): string | null {
  const isWeb = /^https?:\/\//.test(origin);
  return isWeb && URL.canParse(origin) ? new URL(origin).host : null;
}
