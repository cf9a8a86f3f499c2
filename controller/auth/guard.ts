// Refuses a request before a route handles it: a token in its URL, or a browser page of another site.
import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '../../shared/errors.js';
import { holdsToken } from './token.js';

const tokenNames = /^(token|.*[-_]token|api[-_]?key|key|auth|authorization|bearer|password|secret)$/i;

/** The path without the query: a query may hold a secret, and is never logged or repeated. */
export const pathOf = (url: string) => url.split('?', 1)[0] ?? '';

/** Throws AppError `unauthorized` where the URL holds a token: URLs end up in logs and histories. */
export function refuseTokenInUrl(url: string): void {
  const query = new URLSearchParams(url.slice(pathOf(url).length + 1));
  const isInQuery = [...query].some(([name, value]) => tokenNames.test(name) || holdsToken(value));
  if (!isInQuery && !holdsToken(url)) return;
  throw new AppError('unauthorized', 'a token in the URL is not accepted: URLs end up in logs and histories', {
    hint: 'Send it as the header `Authorization: Bearer TOKEN`, and replace the token that was in the URL.',
  });
}

/**
 * Throws AppError `forbidden` for a browser's request from another site. The check ignores the scheme: a proxy may
 * terminate TLS.
 */
export function refuseOtherSites({ headers }: { headers: IncomingHttpHeaders }): void {
  const { origin, host } = headers;
  if (origin !== undefined && (host === undefined || hostOf(origin) !== host.toLowerCase())) {
    throw new AppError('forbidden', `requests from ${JSON.stringify(origin)} are not accepted`, {
      hint: "Only this controller's own pages may call it; a program must send no Origin header.",
    });
  }
  const site = headers['sec-fetch-site'];
  if (site === 'cross-site' || site === 'same-site') {
    throw new AppError('forbidden', `requests from another site (${site}) are not accepted`, {
      hint: "Only this controller's own pages may call it.",
    });
  }
}

function hostOf(origin: string): string | null {
  const isWeb = /^https?:\/\//.test(origin);
  return isWeb && URL.canParse(origin) ? new URL(origin).host : null;
}
