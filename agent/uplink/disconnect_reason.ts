// Explains why there is no connection to the controller, with a hint.
import { closeCodes } from '../../shared/wire/protocol.js';
import { errnoOf } from '../../shared/os/errno.js';

/** `reason` identifies the problem; an equal `reason` means an unchanged problem. */
export interface DisconnectReason {
  reason: string;
  message: string;
  hint: string;
}

const checkUrl = 'Check `controller: url` in agent.yaml, and that the controller runs.';
const keepsTrying = 'No action is needed on this host: the agent keeps trying.';

const network: Readonly<Record<string, { message: string; hint: string }>> = {
  ENOTFOUND: {
    message: 'its host name is unknown',
    hint: 'Check `controller: url` in agent.yaml, and the DNS of this host.',
  },
  EAI_AGAIN: {
    message: 'its host name cannot be resolved now',
    hint: 'Check the DNS of this host (/etc/resolv.conf).',
  },
  ECONNREFUSED: { message: 'connection refused: nothing listens there', hint: checkUrl },
  ECONNRESET: { message: 'the connection was reset', hint: checkUrl },
  ETIMEDOUT: { message: 'no answer in time', hint: 'Check the firewalls between this host and the controller.' },
  EHOSTUNREACH: { message: 'there is no route to it', hint: 'Check the routes and firewalls of this host.' },
  ENETUNREACH: { message: 'there is no route to it', hint: 'Check the routes and firewalls of this host.' },
  EPROTO: {
    message: 'it does not speak TLS',
    hint: 'Check the port in `controller: url`; wss:// needs TLS at the other end.',
  },
};

const unknownIssuer = {
  message: 'its certificate is from a CA that this host does not trust',
  hint: 'Set `controller: ca_file` in agent.yaml to that CA, or give the controller a certificate from a public CA.',
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
    message: 'it rejects this agent’s secret',
    hint: 'Put the secret that the controller uses into `controller: secret_file`; no restart is needed.',
  },
  403: { message: 'it refuses this agent', hint: 'Ask the administrator of the controller.' },
  404: { message: 'the server there is no controller', hint: checkUrl },
  429: { message: 'it accepts no more agents now', hint: keepsTrying },
  503: { message: 'it cannot accept agents now', hint: keepsTrying },
};

const closings: Readonly<Record<number, { message: string; hint: string }>> = {
  [closeCodes.version]: {
    message: 'does not speak this agent’s version of the protocol',
    hint: 'Upgrade the controller first, then the agents.',
  },
  [closeCodes.duplicate]: {
    message: 'has another agent connected under this host’s name',
    hint: 'Give each host its own `host` name in agent.yaml, and check that no second agent runs under this name.',
  },
  [closeCodes.policyViolation]: {
    message: 'refused a frame of this agent',
    hint: 'Agent and controller may be incompatible: compare their versions, and report it with both logs.',
  },
  [closeCodes.tryAgainLater]: { message: 'asks the agent to connect again later', hint: keepsTrying },
  [closeCodes.goingAway]: { message: 'is shutting down', hint: keepsTrying },
  1006: { message: 'dropped the connection', hint: checkUrl },
};

/** The reason for an error of the socket. */
export function reasonOfError(error: Error, url: string): DisconnectReason {
  const code = errnoOf(error) ?? '';
  const isTimeout = error.message.includes('handshake has timed out');
  const known = certificate[code] ?? network[isTimeout ? 'ETIMEDOUT' : code];
  const message = known?.message ?? error.message;
  return { reason: code === '' ? error.message : code, message: `${url}: ${message}`, hint: known?.hint ?? checkUrl };
}

/** The reason where the server answered with an HTTP status and no WebSocket. */
export function reasonOfStatus(status: number, url: string): DisconnectReason {
  const { message, hint } = statuses[status] ?? { message: `it answered with HTTP status ${status}`, hint: checkUrl };
  return { reason: `status ${status}`, message: `${url}: ${message}`, hint };
}

/** The reason for a connection that was closed with a code. */
export function reasonOfClose(code: number, closeText: string): DisconnectReason {
  const { message, hint } = closings[code] ?? { message: `closed the connection with code ${code}`, hint: checkUrl };
  return {
    reason: `close ${code} ${closeText}`,
    message: `the controller ${message}${closeText === '' ? '' : ` (${closeText})`}`,
    hint,
  };
}

/** The reason where the controller sent nothing, or no welcome, for this time. */
export function reasonOfSilence(silentMs: number, missing: 'anything' | 'a welcome'): DisconnectReason {
  return {
    reason: `silence: ${missing}`,
    message: `the controller did not send ${missing} for ${silentMs / 1000} s`,
    hint: 'Check the network between this host and the controller, and that `controller: url` in agent.yaml names a controller.',
  };
}
