// Why there is no connection to the controller, in words that say what to do.
import { closeCodes } from '../../shared/wire/protocol.js';
import { errnoOf } from '../../shared/os/errno.js';

/** `reason` names the kind, and is the same as long as nothing about it has changed. */
export interface DisconnectReason {
  reason: string;
  message: string;
  hint: string;
}

const checkUrl = 'Check `controller: url` in agent.yaml, and that the controller runs.';
const waits = 'Nothing is to be done here; the agent keeps trying.';

const network: Readonly<Record<string, { message: string; hint: string }>> = {
  ENOTFOUND: {
    message: 'its name is not known',
    hint: 'Check `controller: url` in agent.yaml, and the name service of this host.',
  },
  EAI_AGAIN: {
    message: 'its name cannot be looked up now',
    hint: 'Check the name service of this host (/etc/resolv.conf).',
  },
  ECONNREFUSED: { message: 'nobody listens there', hint: checkUrl },
  ECONNRESET: { message: 'the connection was cut', hint: checkUrl },
  ETIMEDOUT: { message: 'no answer in time', hint: 'Check the firewalls between this host and the controller.' },
  EHOSTUNREACH: { message: 'there is no way to it', hint: 'Check the routes and firewalls of this host.' },
  ENETUNREACH: { message: 'there is no way to it', hint: 'Check the routes and firewalls of this host.' },
  EPROTO: {
    message: 'it does not speak TLS',
    hint: 'Check the port in `controller: url`; wss:// needs TLS at the other end.',
  },
};

const unknownIssuer = {
  message: 'its certificate is from an authority that is not trusted here',
  hint: 'Name the authority in `controller: ca_file` in agent.yaml, or give the controller a certificate of a public one.',
};

const certificate: Readonly<Record<string, { message: string; hint: string }>> = {
  CERT_HAS_EXPIRED: {
    message: 'its certificate has expired',
    hint: 'Renew the certificate of the controller (or of the proxy before it); check the clock of this host as well.',
  },
  CERT_NOT_YET_VALID: { message: 'its certificate is not valid yet', hint: 'Check the clock of this host.' },
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownIssuer,
  SELF_SIGNED_CERT_IN_CHAIN: unknownIssuer,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownIssuer,
  UNABLE_TO_GET_ISSUER_CERT: unknownIssuer,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownIssuer,
  ERR_TLS_CERT_ALTNAME_INVALID: {
    message: 'its certificate is for another name',
    hint: 'Use the name in `controller: url` that the certificate is for.',
  },
};

const statuses: Readonly<Record<number, { message: string; hint: string }>> = {
  401: {
    message: 'it does not know this agent’s secret',
    hint: 'Put the secret that the controller uses into `controller: secret_file`; no restart is needed.',
  },
  403: { message: 'it does not let this agent in', hint: 'Ask the administrator of the controller.' },
  404: { message: 'what answers is no controller', hint: checkUrl },
  429: { message: 'it takes no more agents now', hint: waits },
  503: { message: 'it cannot take agents now', hint: waits },
};

const closings: Readonly<Record<number, { message: string; hint: string }>> = {
  [closeCodes.version]: {
    message: 'does not speak this agent’s version of the protocol',
    hint: 'Upgrade the controller first, then the agents.',
  },
  [closeCodes.duplicate]: {
    message: 'has another agent connected under this host’s name',
    hint: 'Give each host a `host` of its own in agent.yaml, and see that no old agent is left running.',
  },
  [closeCodes.policyViolation]: {
    message: 'refused a frame of this agent',
    hint: 'Report it with both logs; agent and controller may not fit together.',
  },
  [closeCodes.tryAgainLater]: { message: 'asks to come back later', hint: waits },
  [closeCodes.goingAway]: { message: 'went away', hint: waits },
  1006: { message: 'cut the connection', hint: checkUrl },
};

/** What the socket said when it failed. */
export function reasonOfError(error: Error, url: string): DisconnectReason {
  const code = errnoOf(error) ?? '';
  const isTimeout = error.message.includes('handshake has timed out');
  const known = certificate[code] ?? network[isTimeout ? 'ETIMEDOUT' : code];
  const message = known?.message ?? error.message;
  return { reason: code === '' ? error.message : code, message: `${url}: ${message}`, hint: known?.hint ?? checkUrl };
}

/** An HTTP status in place of a WebSocket. */
export function reasonOfStatus(status: number, url: string): DisconnectReason {
  const { message, hint } = statuses[status] ?? { message: `it answered with HTTP status ${status}`, hint: checkUrl };
  return { reason: `status ${status}`, message: `${url}: ${message}`, hint };
}

/** A connection that was closed with a code. */
export function reasonOfClose(code: number, said: string): DisconnectReason {
  const { message, hint } = closings[code] ?? { message: `closed the connection with code ${code}`, hint: checkUrl };
  return {
    reason: `close ${code} ${said}`,
    message: `the controller ${message}${said === '' ? '' : ` (${said})`}`,
    hint,
  };
}

/** Nothing was heard for so long, or not what should have been. */
export function reasonOfSilence(silentMs: number, missing: 'anything' | 'a welcome'): DisconnectReason {
  return {
    reason: `silence: ${missing}`,
    message: `the controller did not send ${missing} for ${silentMs / 1000} s`,
    hint: 'Check the network between this host and the controller, and that `controller: url` in agent.yaml is one.',
  };
}
