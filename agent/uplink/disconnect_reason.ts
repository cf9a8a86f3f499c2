// Explains why there is no connection to the controller, with a hint.
import { closeCodes } from '../../shared/wire/protocol.js';
import { errnoOf } from '../../shared/os/errno.js';
import { findConnectionFault, type FaultKind } from '../../shared/wire/connection_fault.js';
import type { Proxy } from './proxy.js';

/** `reason` identifies the problem; an equal `reason` means an unchanged problem. */
export interface DisconnectReason {
  reason: string;
  /** Of a connection that was closed with a code. */
  code?: number;
  message: string;
  hint: string;
}

const checkUrl = 'Check `controller: url` in agent.yaml, and that the controller runs.';
const keepsTrying = 'No action is needed on this host: the agent keeps trying.';

const checkClock = 'check the clock of this host as well.';
const checkRoutes = 'Check the routes and firewalls of this host.';

const hints: Readonly<Record<FaultKind, string>> = {
  'unknown-name': 'Check `controller: url` in agent.yaml, and the DNS of this host.',
  'no-dns': 'Check the DNS of this host (/etc/resolv.conf).',
  refused: checkUrl,
  dropped: checkUrl,
  silent: 'Check the firewalls between this host and the controller.',
  'no-route': checkRoutes,
  'no-tls': 'Check the port in `controller: url`; wss:// needs TLS at the other end.',
  'old-tls': 'The controller, or the proxy before it, must offer TLS 1.2 or later.',
  'no-http': 'Check the port in `controller: url`.',
  expired: `Renew the certificate of the controller (or of the proxy before it); ${checkClock}`,
  'not-yet-valid': 'Check the clock of this host.',
  'unknown-issuer':
    'Set `controller: ca_file` in agent.yaml to that CA, or give the controller a certificate from a public CA.',
  'other-name': 'Use the name in `controller: url` that the certificate is for.',
};

const statuses: Readonly<Record<number, { message: string; hint: string }>> = {
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
  [closeCodes.key]: {
    message: 'does not accept the key of this host',
    hint: 'Join again with a join token that names this host: `drover-agent enroll --reset`. A copied machine needs a `host` name of its own in agent.yaml before that.',
  },
  [closeCodes.address]: {
    message: 'is not dialled by the address that this agent dials',
    hint: 'Dial `url` of controller.yaml, or add this address there to `other_urls`.',
  },
  [closeCodes.enrolment]: {
    message: 'does not let this host join',
    hint: 'Make a join token for the name of this host: `drover join-tokens create --host NAME`. The name is the machine’s, or `host` in agent.yaml.',
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
  const fault = findConnectionFault(error);
  return {
    reason: errnoOf(error) ?? error.message,
    message: `${url}: ${fault?.message ?? error.message}`,
    hint: fault === null ? checkUrl : hints[fault.kind],
  };
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
    code,
    message: `the controller ${message}${closeText === '' ? '' : ` (${closeText})`}`,
    hint,
  };
}

/** The reason where the controller sent nothing, or no welcome, for this time. */
export function reasonOfSilence(silentMs: number, missing: 'anything' | 'a welcome' | 'an answer'): DisconnectReason {
  return {
    reason: `silence: ${missing}`,
    message: `the controller did not send ${missing} for ${silentMs / 1000} s`,
    hint: 'Check the network between this host and the controller, and that `controller: url` in agent.yaml names a controller.',
  };
}

/** The reason where another controller answers than the one that this host has joined. */
export function reasonOfOtherController(url: string): DisconnectReason {
  return {
    reason: 'another controller',
    message: `${url}: this is another controller than the one that this host has joined`,
    hint: 'Check `controller: url` in agent.yaml. `drover-agent enroll --reset` joins this one, with a join token of it.',
  };
}

const checkProxy = 'Check `controller: proxy` in agent.yaml, and that the proxy runs.';

/** The reason where the proxy before the controller cannot be reached. */
export function reasonOfProxyError(error: Error, proxy: string): DisconnectReason {
  const message = findConnectionFault(error)?.message ?? error.message;
  return {
    reason: `proxy ${errnoOf(error) ?? error.message}`,
    message: `the proxy ${proxy}: ${message}`,
    hint: checkProxy,
  };
}

/** The reason where the proxy answered a CONNECT with this status. */
export function reasonOfProxyStatus(status: number, { url, login }: Proxy): DisconnectReason {
  const reason = `proxy status ${status}`;
  const message = (what: string) => `the proxy ${url} ${what} (HTTP status ${status})`;
  if (status !== 407) {
    const hint = 'Have the proxy allow CONNECT to the host and port of `controller: url`.';
    return { reason, message: message('refuses the connection'), hint };
  }
  if (login === null) {
    const hint = 'Set `username` and `password_file` under `controller: proxy` in agent.yaml.';
    return { reason, message: message('wants a user and a password'), hint };
  }
  return {
    reason,
    message: message(`does not accept ${login.username} with the password in ${login.file}`),
    hint: `Correct the password in ${login.file}, which the agent reads at each attempt, or \`controller: proxy: username\` in agent.yaml.`,
  };
}

/** The reason where the key, or the controller, is another one now. */
export function reasonOfNewKey(): DisconnectReason {
  return {
    reason: 'new key',
    message: 'the key of this host has changed',
    hint: 'No action is needed on this host: the agent connects with the new key.',
  };
}
