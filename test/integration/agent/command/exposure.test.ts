// systemd's own judgement of the units that run the tenants' code, from the list that the launcher hands to it.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { User } from '../../../../agent/command/spec.js';
import { listProperties } from '../../../../agent/command/systemd/properties.js';
import { unitLimitsSchema } from '../../../../agent/tenant/unit_limits.js';
import { nobody } from '../../../helpers/agent/run_commands.js';

/** From 0 to 10, as `systemd-analyze security` says it of a unit with these properties. */
function measureExposure(user: User): number {
  const properties = listProperties({
    supervisor: '/var/lib/drover/upgrades/id/commands/key/supervisor',
    spec: { user, timeLimitMs: 60_000 },
    limits: unitLimitsSchema.parse({}),
    graceMs: 10_000,
  });
  const linesOf = (wanted: string) => properties.filter(({ section }) => section === wanted).map(({ line }) => line);
  const folder = mkdtempSync(path.join(tmpdir(), 'drover-exposure-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const unit = path.join(folder, 'drover-command-test.service');
  writeFileSync(
    unit,
    ['[Unit]', ...linesOf('Unit'), '[Service]', 'ExecStart=true', ...linesOf('Service'), ''].join('\n'),
  );
  const argv = ['security', '--offline=true', '--no-pager', unit];
  const printed = execFileSync('systemd-analyze', argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  return Number(/exposure level for .*: ([\d.]+)/.exec(printed)?.[1]);
}

test('the unit of a hook exposes the host by 4.5 at most', () => {
  expect(measureExposure(nobody)).toBeLessThanOrEqual(4.5);
});

test('without the protections that `privileges: keep` takes back it would be far more', () => {
  expect(measureExposure({ ...nobody, privileges: 'keep' })).toBeGreaterThan(8);
});
