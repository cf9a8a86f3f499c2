// A list of upgrades for people, a line each.
import type { UpgradeSummary } from '../../shared/wire/api.js';
import type { Status } from '../../shared/model/result.js';
import type { Style } from '../../shared/terminal/style.js';
import { alignColumns, showSafely, showTime } from '../../shared/terminal/format.js';

const colours: Record<Status, keyof Style> = {
  queued: 'cyan',
  running: 'cyan',
  success: 'green',
  refused: 'red',
  rolled_back: 'yellow',
  failed: 'red',
  cancelled: 'yellow',
};

const away: Readonly<Record<string, string>> = {
  offline: 'its host is offline',
  unreachable: 'its host is offline; the upgrade goes on there',
  cancelling: 'a cancel is under way',
};

function renderRemark({ step, message, needs_operator: needsOperator, delivery }: UpgradeSummary): string {
  const why = message?.split('\n')[0] ?? away[delivery.state] ?? step ?? '';
  return showSafely(needsOperator ? `waits for an operator: ${why}` : why);
}

/** Several lines, without the end of the last one. */
export function renderUpgrades(upgrades: readonly UpgradeSummary[], style: Style): string {
  if (upgrades.length === 0) return 'There is no such upgrade.';
  const head = ['WHEN', 'TENANT', 'HOST', 'STATUS', 'VERSIONS', 'ID', ''];
  const rows = upgrades.map((upgrade) => [
    showTime(upgrade.delivery.created_at),
    style.bold(upgrade.tenant),
    showSafely(upgrade.host),
    style[colours[upgrade.status]](upgrade.status),
    showSafely(`${upgrade.previous_version ?? '?'} → ${upgrade.new_version ?? 'latest'}`),
    upgrade.id,
    renderRemark(upgrade),
  ]);
  return alignColumns([head, ...rows]).join('\n');
}
