// The hosts for people: a line each, then their problems.
import type { HostView } from '../../../shared/wire/api.js';
import type { Screen } from '../../../shared/terminal/screen.js';
import type { Style } from '../../../shared/terminal/style.js';
import { showTime } from '../../../shared/os/clock.js';
import { alignColumns, indent, showBytes, showMs, showSafely } from '../../../shared/terminal/format.js';

/** From here on times of the host mislead. */
const muchSkewMs = 5000;

function renderState({ state, seen_at: seenAt, connected_at: connectedAt }: HostView, style: Style): string {
  if (state === 'connected') return `${style.green('connected')} since ${showTime(connectedAt)}`;
  return `${style.yellow('offline')}${seenAt === null ? '' : ` since ${showTime(seenAt)}`}`;
}

function renderProblems({ host, problems, clock_skew_ms: skewMs }: HostView, style: Style): string[] {
  const skew = `its clock is ${showMs(Math.abs(skewMs))} ${skewMs > 0 ? 'ahead' : 'behind'}`;
  const lines = [
    ...(Math.abs(skewMs) < muchSkewMs ? [] : [skew]),
    ...problems.flatMap(({ message, hint }) => [showSafely(message), ...(hint === null ? [] : [showSafely(hint)])]),
  ];
  return lines.length === 0 ? [] : ['', style.bold(showSafely(host)), ...lines.map((line) => indent(line, '  '))];
}

/** `12 (2 drift, 1 missing)`. */
function renderTenants({ tenants, drifting, missing }: HostView, style: Style): string {
  const odd = [
    ...(drifting === 0 ? [] : [style.yellow(`${drifting} drift`)]),
    ...(missing === 0 ? [] : [style.red(`${missing} missing`)]),
  ];
  return odd.length === 0 ? String(tenants.length) : `${tenants.length} (${odd.join(', ')})`;
}

/** Several lines, without the end of the last one. */
export function renderHosts(hosts: readonly HostView[], { style, width }: Pick<Screen, 'style' | 'width'>): string {
  if (hosts.length === 0) {
    return [
      'There is no host yet: no agent has connected to this controller.',
      '`drover join-tokens create` makes a join token, and prints the command with which a host joins.',
    ].join('\n');
  }
  const head = ['HOST', 'STATE', 'TENANTS', 'DISK FREE', 'AGENT', 'OS'];
  const rows = hosts.map((host) => [
    style.bold(showSafely(host.host)),
    renderState(host, style),
    renderTenants(host, style),
    host.figures === null ? '-' : showBytes(host.figures.state_disk.free_bytes),
    showSafely(host.agent_version),
    showSafely(host.facts?.os ?? '-'),
  ]);
  return [...alignColumns([head, ...rows], width), ...hosts.flatMap((host) => renderProblems(host, style))].join('\n');
}
