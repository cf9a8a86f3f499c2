// Why a controller cannot be reached, or answers as none does, and what to do.
import { AppError } from '../../shared/errors.js';
import { findConnectionFault, type FaultKind } from '../../shared/wire/connection_fault.js';
import { speaksTls } from './speaks_tls.js';

const isItRunning = 'Is it running, and is this its URL?';
const checkPort = 'Check the URL, above all its port.';

/** By the kind of fault; `url` is that of the controller. */
const hints: Readonly<Record<FaultKind, (url: string) => string>> = {
  'unknown-name': () => 'Check the URL, and the DNS of this machine.',
  'no-dns': () => 'Check the network and the DNS of this machine.',
  refused: () => isItRunning,
  dropped: () => isItRunning,
  silent: () => 'Check the firewalls between this machine and the controller.',
  'no-route': () => 'Check the network of this machine, and the firewalls.',
  'no-tls': (url) => `Use http:// where it is meant so: ${toScheme(url, 'http')}`,
  'old-tls': () => 'The controller, or the proxy before it, must offer TLS 1.2 or later.',
  'no-http': () => checkPort,
  expired: () => 'Renew the certificate of the controller, or of the proxy before it; check the clock of this machine.',
  'not-yet-valid': () => 'Check the clock of this machine.',
  'unknown-issuer': () => 'Name the file of the CA that issued its certificate: NODE_EXTRA_CA_CERTS=/path/to/ca.pem',
  'other-name': () => 'Use a name in the URL that the certificate is for.',
};

const toScheme = (url: string, scheme: 'http' | 'https') => url.replace(/^https?:/, `${scheme}:`);

/** AppError `unreachable`, with the reason that lies deepest; a text is the reason itself. */
export function unreachable(url: string, cause: unknown): AppError {
  const reason = causeOf(cause);
  const fault = reason instanceof Error ? findConnectionFault(reason) : null;
  const text = reason instanceof Error ? reason.message : String(reason);
  // Of `fetch`, which makes no request to the ports of some other protocols.
  const isReserved = text === 'bad port';
  const why = isReserved ? 'its port is that of another protocol, which no HTTP client asks' : (fault?.message ?? text);
  return new AppError('unreachable', `the controller at ${url} cannot be reached: ${why}`, {
    hint: isReserved ? checkPort : fault === null ? isItRunning : hints[fault.kind](url),
    cause,
  });
}

/** The same for a request that got no answer: a port may speak TLS where the URL says http://. */
export async function explainNoAnswer(url: string, cause: unknown): Promise<AppError> {
  const reason = causeOf(cause);
  const kind = reason instanceof Error ? findConnectionFault(reason)?.kind : undefined;
  const isSilent = kind === 'dropped' || kind === 'no-http';
  return isSilent && url.startsWith('http:') && (await speaksTls(url)) ? tlsNeeded(url) : unreachable(url, cause);
}

/** Without a cause: a repeated request would get the same answer. */
function tlsNeeded(url: string): AppError {
  return new AppError('unreachable', `the controller at ${url} cannot be reached: that port speaks TLS`, {
    hint: `Use https://: ${toScheme(url, 'https')}`,
  });
}

/** The reason that lies deepest. */
export function causeOf(thrown: unknown): unknown {
  let reason: unknown = thrown;
  while (reason instanceof Error && reason.cause !== undefined) reason = reason.cause;
  // Several addresses were tried.
  return reason instanceof AggregateError ? reason.errors.at(-1) : reason;
}

/** AppError `protocol`: what answers there is no controller that this client understands. */
export function strangeAnswer(url: string, what: string): AppError {
  return new AppError('protocol', `${url} does not answer as a controller of this version does: ${what}`, {
    hint: 'Is this the URL of a Drover controller, and of about the same version?',
  });
}

/** An answer with this status and text that is no problem of a controller's: a proxy's, or another server's. */
export function explainStatus(
  url: string,
  { status, statusText, text, location }: { status: number; statusText: string; text: string; location: string | null },
): AppError {
  const said = `${status} ${statusText}`.trim();
  // A proxy answers so for a controller that is down.
  if (status >= 502 && status <= 504) return unreachable(url, said);
  // nginx, Apache and others know what arrived.
  if (status === 400 && /plain HTTP (request was sent )?to (an )?(HTTPS|SSL)/i.test(text)) {
    return tlsNeeded(url);
  }
  if (status >= 300 && status < 400 && location !== null) {
    return new AppError('protocol', `${url} redirects to ${location}`, {
      hint: 'Use the URL of the controller itself; the token is never sent to another one.',
    });
  }
  return strangeAnswer(url, `it answered: ${said}`);
}
