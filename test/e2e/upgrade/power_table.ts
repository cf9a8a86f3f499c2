// The table of upgrades whose host loses its power: when, and that each ends whole, on the new or the old version.
import PQueue from 'p-queue';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeTemplate, type HostTemplate } from '../../helpers/agent/agent_host.js';
import { listEvents } from './kill_table.js';
import { runCut, type Cut, type CutAccount } from '../../helpers/faults/cut_upgrades.js';

const upgrades = [
  { title: 'one that succeeds', version: 'v0.4.0', status: 'success' },
  { title: 'one that fails and is rolled back', version: 'v0.6.0', status: 'rolled_back' },
];

/** The whole table: after every migration, and at every event. */
export function listCuts(events: number): Cut[] {
  const migrations = [1, 2, 3].map((migrationsDone) => ({ migrationsDone }));
  return [...migrations, ...listEvents(events).map((record) => ({ record }))];
}

/**
 * `chooseCuts` gets the number of events of an undisturbed upgrade and says when the power is cut; `chosen` says
 * how.
 */
export function describePowerCuts(chosen: string, chooseCuts: (events: number) => Cut[]): void {
  let template: HostTemplate;
  beforeAll(async () => {
    template = await makeTemplate();
  });
  afterAll(() => template.remove());

  describe.each(upgrades)('a power cut in $title, from v0.1.0 to $version', ({ version, status }) => {
    let undisturbed: CutAccount;
    beforeAll(async () => {
      undisturbed = await runCut(template, { version, cut: null });
    });

    test('ends as expected when the power stays', () => {
      expect(undisturbed).toMatchObject({ status, tenant: { runs: true }, left: [] });
      expect(undisturbed.hookRuns.length).toBeGreaterThan(4);
      expect(undisturbed.migrationRuns.length).toBeGreaterThan(2);
    });

    test(`leaves a tenant that is whole, wherever it comes (${chosen})`, async () => {
      const queue = new PQueue({ concurrency: 3 });
      await queue.addAll(
        chooseCuts(undisturbed.events).map((cut) => async () => {
          const account = await runCut(template, { version, cut });
          expect.soft(judge(account, { undisturbed, cut }), `the power was cut at ${JSON.stringify(cut)}`).toEqual([]);
        }),
      );
    });
  });
}

/** All that is wrong with how it ended. */
function judge(account: CutAccount, { undisturbed, cut }: { undisturbed: CutAccount; cut: Cut }): unknown[] {
  const { status, failure, tenant, before, files, left, hookRuns, migrationRuns } = account;
  const isAsUndisturbed = status === undisturbed.status && failure === undisturbed.failure;
  // Only a migration that was interrupted may turn back what would have succeeded.
  const mayTurnBack = status === 'rolled_back' && failure === 'migrate command-lost';
  // The version from before is recorded before the first step.
  const ended = status === 'success' ? undisturbed.tenant : { ...before, recorded: before.head };
  // Once the upgrade is over, what runs after a boot is no longer Drover's concern.
  const expected =
    'record' in cut && cut.record === undisturbed.events ? { ...ended, runs: false, serves: null } : ended;
  const once = withoutRepeat(hookRuns);
  const wrong: unknown[] = [];
  const demand = (isSo: boolean, seen: unknown) => (isSo ? 0 : wrong.push(seen));
  demand(isAsUndisturbed || mayTurnBack, { status, failure });
  demand(isEqual(tenant, expected), { tenant, expected });
  demand(status !== 'success' || isEqual(files, undisturbed.files), { files, expected: undisturbed.files });
  demand(left.length === 0, { left });
  demand(isPrefix(once, undisturbed.hookRuns) && (mayTurnBack || isPrefix(undisturbed.hookRuns, once)), { hookRuns });
  demand(isPrefix(migrationRuns, undisturbed.migrationRuns), { migrationRuns });
  demand(mayTurnBack || isEqual(migrationRuns, undisturbed.migrationRuns), { migrationRuns });
  return wrong;
}

/** Without the second run of one hook: the one that the cut interrupted. */
function withoutRepeat(runs: readonly string[]): string[] {
  const repeated = runs.findIndex((run, index) => index > 0 && run === runs[index - 1]);
  return runs.filter((_, index) => index !== repeated);
}

const isEqual = (left: unknown, right: unknown) => JSON.stringify(left) === JSON.stringify(right);
const isPrefix = (short: readonly string[], long: readonly string[]) => isEqual(short, long.slice(0, short.length));
