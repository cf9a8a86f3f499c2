// By which names hosts dial this controller: what they sign has to name one of them.
import { isLoopback } from '../../shared/os/loopback.js';
import { findAuthority } from '../../shared/wire/host_proof.js';
import type { ControllerConfig } from './controller_config.js';

const loopback = ['127.0.0.1', '[::1]', 'localhost'];

/** The hosts and ports of `url`, of `other_urls`, and of where it listens. `listening` is the URL of that. */
export function createAuthorityCheck(
  { url, other_urls: others }: Pick<ControllerConfig, 'url' | 'other_urls'>,
  listening: string,
): (authority: string) => boolean {
  const { hostname, port } = new URL(listening);
  const isLocal = isLoopback(hostname);
  const own = isLocal ? loopback.map((name) => `${name}:${port}`) : [findAuthority(listening)];
  const known = new Set([...own, ...[url, ...others].map(findAuthority)]);
  return (authority) => known.has(authority);
}

/** What hosts dial, as a WebSocket; with port 0 only `listening` has the port. */
export function findAgentUrl({ url, port }: Pick<ControllerConfig, 'url' | 'port'>, listening: string): string {
  return (port === 0 ? listening : url).replace(/^http/, 'ws');
}
