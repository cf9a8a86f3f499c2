// A list of upgrades for people, a line each.
import type { UpgradeSummary } from '../../../shared/wire/api.js';
import { renderFromTo } from '../../../shared/terminal/stream/live_stream.js';
import { renderStatus } from '../../../shared/terminal/render_tenants.js';
import type { Screen } from '../../../shared/terminal/screen/screen.js';
import { showTime } from '../../../shared/os/clock.js';
import { alignColumns, showSafely } from '../../../shared/terminal/screen/format.js';

const waits: Readonly<Record<string, string>> = {
  offline: 'its host is not connected',
  unreachable: 'its host is not connected; what became of it is known when the host is back',
  queued: 'waits for another upgrade on its host',
  checking: 'its host is checking the tenant',
  cancelling: 'its host has not answered the cancel yet',
};

function renderRemark(upgrade: UpgradeSummary): string {
  const { status, step, message, finished_at: finishedAt, needs_operator: needsOperator, delivery } = upgrade;
  // An operator's rollback has no failure, and may come long after the upgrade.
  const rolledBack = status === 'rolled_back' && finishedAt !== null ? `at ${showTime(finishedAt)}` : null;
  const why = message?.split('\n')[0] ?? waits[delivery.state] ?? step ?? rolledBack ?? '';
  return showSafely(needsOperator ? `needs an operator: ${why}` : why);
}

/** Several lines, without the end of the last one. */
export function renderUpgrades(
  upgrades: readonly UpgradeSummary[],
  { style, width }: Pick<Screen, 'style' | 'width'>,
): string {
  const head = ['WHEN', 'TENANT', 'HOST', 'STATUS', 'VERSIONS', 'ID', ''];
  const rows = upgrades.map((upgrade) => [
    showTime(upgrade.delivery.created_at),
    style.bold(upgrade.tenant),
    showSafely(upgrade.host),
    renderStatus(upgrade.status, style),
    renderFromTo(upgrade),
    upgrade.id,
    renderRemark(upgrade),
  ]);
  return alignColumns([head, ...rows], width).join('\n');
}
