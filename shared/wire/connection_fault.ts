// What is wrong with a connection that could not be made, from the error of `fetch`, of a socket or of `ws`.
import { errnoOf } from '../os/errno.js';

export type FaultKind =
  | 'unknown-name'
  | 'no-dns'
  | 'refused'
  | 'dropped'
  | 'silent'
  | 'no-route'
  | 'no-tls'
  | 'old-tls'
  | 'no-http'
  | 'expired'
  | 'not-yet-valid'
  | 'unknown-issuer'
  | 'other-name';

const messages: Readonly<Record<FaultKind, string>> = {
  'unknown-name': 'its host name is unknown',
  'no-dns': 'its host name cannot be resolved now',
  refused: 'connection refused: nothing listens there',
  dropped: 'it closed the connection without an answer',
  silent: 'no answer in time',
  'no-route': 'there is no route to it',
  'no-tls': 'that port speaks plain HTTP, not TLS',
  'old-tls': 'it speaks no version of TLS that is safe today',
  'no-http': 'that port does not speak HTTP',
  expired: 'its certificate has expired',
  'not-yet-valid': 'its certificate is not valid yet',
  'unknown-issuer': 'its certificate is from a CA that this host does not trust',
  'other-name': 'its certificate is for another name',
};

const kinds: Readonly<Record<string, FaultKind>> = {
  ENOTFOUND: 'unknown-name',
  EAI_AGAIN: 'no-dns',
  ECONNREFUSED: 'refused',
  ECONNRESET: 'dropped',
  EPIPE: 'dropped',
  UND_ERR_SOCKET: 'dropped',
  ETIMEDOUT: 'silent',
  UND_ERR_CONNECT_TIMEOUT: 'silent',
  UND_ERR_HEADERS_TIMEOUT: 'silent',
  EHOSTUNREACH: 'no-route',
  ENETUNREACH: 'no-route',
  ERR_SSL_WRONG_VERSION_NUMBER: 'no-tls',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'no-tls',
  // Of `ws`: the text has the particulars.
  EPROTO: 'no-tls',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'old-tls',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'old-tls',
  HPE_INVALID_CONSTANT: 'no-http',
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'not-yet-valid',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'unknown-issuer',
  SELF_SIGNED_CERT_IN_CHAIN: 'unknown-issuer',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'unknown-issuer',
  UNABLE_TO_GET_ISSUER_CERT: 'unknown-issuer',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'unknown-issuer',
  ERR_TLS_CERT_ALTNAME_INVALID: 'other-name',
};

/** The kind, and what is wrong in words that follow the URL; null for an error that is none of these. */
export function findConnectionFault(error: Error): { kind: FaultKind; message: string } | null {
  const code = errnoOf(error) ?? (error.message.includes('handshake has timed out') ? 'ETIMEDOUT' : '');
  const kind = code === 'EPROTO' && error.message.includes('alert protocol version') ? 'old-tls' : kinds[code];
  if (kind === undefined) return null;
  const names = kind === 'other-name' ? namesOf(error) : '';
  return { kind, message: `${messages[kind]}${names === '' ? '' : ` (${names})`}` };
}

/** The names that the refused certificate is for, as `DNS:drover.example.com`. */
function namesOf(error: Error): string {
  const certificate: unknown = 'cert' in error ? error.cert : null;
  if (typeof certificate !== 'object' || certificate === null || !('subjectaltname' in certificate)) return '';
  return typeof certificate.subjectaltname === 'string' ? certificate.subjectaltname.slice(0, 200) : '';
}
