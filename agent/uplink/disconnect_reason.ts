// Why there is no connection to the controller, in words that say what to do.
import { closeCodes } from '../../shared/wire/protocol.js';

/** `reason` names the kind, and is the same as long as nothing about it has changed. */
export interface Absence {
  reason: string;
  message: string;
  hint: string;
}

const checkUrl = 'Check `controller: url` in agent.yaml, and that the controller runs.';
const waits = 'Nothing is to be done here; the agent keeps trying.';

const network: Readonly<Record<string, { says: string; hint: string }>> = {
  ENOTFOUND: {
    says: 'its name is not known',
    hint: 'Check `controller: url` in agent.yaml, and the name service of this host.',
  },
  EAI_AGAIN: {
    says: 'its name cannot be looked up now',
    hint: 'Check the name service of this host (/etc/resolv.conf).',
  },
  ECONNREFUSED: { says: 'nobody listens there', hint: checkUrl },
  ECONNRESET: { says: 'the connection was cut', hint: checkUrl },
  ETIMEDOUT: { says: 'no answer in time', hint: 'Check the firewalls between this host and the controller.' },
  EHOSTUNREACH: { says: 'there is no way to it', hint: 'Check the routes and firewalls of this host.' },
  ENETUNREACH: { says: 'there is no way to it', hint: 'Check the routes and firewalls of this host.' },
  EPROTO: {
    says: 'it does not speak TLS',
    hint: 'Check the port in `controller: url`; wss:// needs TLS at the other end.',
  },
};

const unknownIssuer = {
  says: 'its certificate is from an authority that is not trusted here',
  hint: 'Name the authority in `controller: ca_file` in agent.yaml, or give the controller a certificate of a public one.',
};

const certificate: Readonly<Record<string, { says: string; hint: string }>> = {
  CERT_HAS_EXPIRED: {
    says: 'its certificate has expired',
    hint: 'Renew the certificate of the controller (or of the proxy before it); check the clock of this host as well.',
  },
  CERT_NOT_YET_VALID: { says: 'its certificate is not valid yet', hint: 'Check the clock of this host.' },
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownIssuer,
  SELF_SIGNED_CERT_IN_CHAIN: unknownIssuer,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownIssuer,
  UNABLE_TO_GET_ISSUER_CERT: unknownIssuer,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownIssuer,
  ERR_TLS_CERT_ALTNAME_INVALID: {
    says: 'its certificate is for another name',
    hint: 'Use the name in `controller: url` that the certificate is for.',
  },
};

const statuses: Readonly<Record<number, { says: string; hint: string }>> = {
  401: {
    says: 'it does not know this agent’s secret',
    hint: 'Put the secret that the controller uses into `controller: secret_file`; no restart is needed.',
  },
  403: { says: 'it does not let this agent in', hint: 'Ask the administrator of the controller.' },
  404: { says: 'what answers is no controller', hint: checkUrl },
  429: { says: 'it takes no more agents now', hint: waits },
  503: { says: 'it cannot take agents now', hint: waits },
};

const closings: Readonly<Record<number, { says: string; hint: string }>> = {
  [closeCodes.version]: {
    says: 'does not speak this agent’s version of the protocol',
    hint: 'Upgrade the controller first, then the agents.',
  },
  [closeCodes.duplicate]: {
    says: 'has another agent connected under this host’s name',
    hint: 'Give each host a `host` of its own in agent.yaml, and see that no old agent is left running.',
  },
  [closeCodes.policyViolation]: {
    says: 'refused a frame of this agent',
    hint: 'Report it with both logs; agent and controller may not fit together.',
  },
  [closeCodes.tryAgainLater]: { says: 'asks to come back later', hint: waits },
  [closeCodes.goingAway]: { says: 'went away', hint: waits },
  1006: { says: 'cut the connection', hint: checkUrl },
};

/** What the socket said when it failed. */
export function absenceOfError(error: Error, url: string): Absence {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const isTimeout = error.message.includes('handshake has timed out');
  const known = certificate[code] ?? network[isTimeout ? 'ETIMEDOUT' : code];
  const says = known?.says ?? error.message;
  return { reason: code === '' ? error.message : code, message: `${url}: ${says}`, hint: known?.hint ?? checkUrl };
}

/** An HTTP status in place of a WebSocket. */
export function absenceOfStatus(status: number, url: string): Absence {
  const { says, hint } = statuses[status] ?? { says: `it answered with HTTP status ${status}`, hint: checkUrl };
  return { reason: `status ${status}`, message: `${url}: ${says}`, hint };
}

/** A connection that was closed with a code. */
export function absenceOfClose(code: number, said: string): Absence {
  const { says, hint } = closings[code] ?? { says: `closed the connection with code ${code}`, hint: checkUrl };
  return { reason: `close ${code} ${said}`, message: `the controller ${says}${said === '' ? '' : ` (${said})`}`, hint };
}

/** Nothing was heard for so long, or not what should have been. */
export function absenceOfSilence(silentMs: number, missing: 'anything' | 'a welcome'): Absence {
  return {
    reason: `silence: ${missing}`,
    message: `the controller did not send ${missing} for ${silentMs / 1000} s`,
    hint: 'Check the network between this host and the controller, and that `controller: url` in agent.yaml is one.',
  };
}
