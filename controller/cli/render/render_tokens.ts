// Tokens and the audit log for people, a line each.
import type { AuditView, TokenView } from '../../../shared/wire/access_api.js';
import { showTime } from '../../../shared/os/clock.js';
import { alignColumns, showSafely } from '../../../shared/terminal/screen/format.js';
import type { Screen } from '../../../shared/terminal/screen/screen.js';
import type { Style } from '../../../shared/terminal/screen/style.js';

type Place = Pick<Screen, 'style' | 'width'>;

function renderEnd({ revoked_at: revoked, expires_at: expires }: TokenView, now: Date, style: Style): string {
  if (revoked !== null) return style.yellow(`revoked ${showTime(revoked)}`);
  if (expires === null) return 'never';
  const isOver = Date.parse(expires) <= now.getTime();
  return isOver ? style.yellow(`expired ${showTime(expires)}`) : showTime(expires);
}

/** Several lines, without the end of the last one. */
export function renderTokens(tokens: readonly TokenView[], now: Date, { style, width }: Place): string {
  if (tokens.length === 0) return 'There is no token.';
  const head = ['NAME', 'ROLE', 'SCOPE', 'ENDS', 'LAST USED', 'MADE'];
  const rows = tokens.map((token) => [
    style.bold(showSafely(token.name)),
    token.role,
    token.scope === null ? 'all tenants' : showSafely(token.scope),
    renderEnd(token, now, style),
    token.used_at === null ? 'never' : showTime(token.used_at),
    `${showTime(token.created_at)}${token.created_by === null ? '' : ` by ${showSafely(token.created_by)}`}`,
  ]);
  return alignColumns([head, ...rows], width).join('\n');
}

/** The same of changes. */
export function renderAudit(entries: readonly AuditView[], { style, width }: Place): string {
  if (entries.length === 0) return 'There is no such change.';
  const head = ['WHEN', 'BY', 'FROM', 'CHANGE', 'ON', 'WHY'];
  const rows = entries.map(({ at, by, address, action, tenant, host, target, reason }) => {
    const place = tenant === null ? host : `${tenant}${host === null ? '' : ` on ${host}`}`;
    return [
      showTime(at),
      style.bold(showSafely(by)),
      showSafely(address ?? '-'),
      showSafely(action),
      showSafely([place, target].filter((part) => part !== null).join(', ')),
      showSafely(reason ?? ''),
    ];
  });
  return alignColumns([head, ...rows], width).join('\n');
}
