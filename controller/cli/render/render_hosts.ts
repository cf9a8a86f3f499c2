// The hosts for people: a line each, then their problems.
import type { HostView } from '../../../shared/wire/api.js';
import type { Screen } from '../../../shared/terminal/screen/screen.js';
import type { Style } from '../../../shared/terminal/screen/style.js';
import { showTime } from '../../../shared/os/clock.js';
import { alignColumns, indent, showBytes, showMs, showSafely } from '../../../shared/terminal/screen/format.js';

/** From here on times of the host mislead. */
const muchSkewMs = 5000;

const showSince = (time: string | null) => (time === null ? '' : ` since ${showTime(time)}`);

function renderState(host: HostView, style: Style): string {
  const { state, seen_at: seenAt, connected_at: connectedAt } = host;
  switch (state) {
    case 'connected':
      return `${style.green(state)}${showSince(connectedAt)}`;
    case 'offline':
      return `${style.yellow(state)}${showSince(seenAt)}`;
    case 'joined':
      return style.yellow('joined, never connected');
    default:
      return style.red(state);
  }
}

function renderProblems({ host, problems, clock_skew_ms: skewMs }: HostView, style: Style): string[] {
  const skew = skewMs ?? 0;
  const lines = [
    ...(Math.abs(skew) < muchSkewMs ? [] : [`its clock is ${showMs(Math.abs(skew))} ${skew > 0 ? 'ahead' : 'behind'}`]),
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
      'There is no host yet: none has joined this controller.',
      '`drover join-tokens create` makes a join token, and prints the command with which a host joins.',
    ].join('\n');
  }
  const head = ['HOST', 'STATE', 'TENANTS', 'DISK FREE', 'AGENT', 'OS'];
  const rows = hosts.map((host) => [
    style.bold(showSafely(host.host)),
    renderState(host, style),
    renderTenants(host, style),
    host.figures === null ? '-' : showBytes(host.figures.state_disk.free_bytes),
    showSafely(host.agent_version ?? '-'),
    showSafely(host.facts?.os ?? '-'),
  ]);
  return [...alignColumns([head, ...rows], width), ...hosts.flatMap((host) => renderProblems(host, style))].join('\n');
}
