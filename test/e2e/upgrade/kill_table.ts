// The table of upgrades whose agent is killed: which upgrades, at which events, and that each ends as if nothing had been.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import PQueue from 'p-queue';
import { makeTemplate, type HostTemplate } from '../../helpers/agent/agent_host.js';
import { runKilled, runUndisturbed, type Account, type Kill } from '../../helpers/faults/killed_upgrades.js';

const upgrades = [
  { title: 'one that succeeds', version: 'v0.4.0', status: 'success', serves: 'v0.4.0' },
  { title: 'one that fails and is rolled back', version: 'v0.6.0', status: 'rolled_back', serves: 'v0.1.0' },
];

/**
 * `listCases` gets the number of events of an undisturbed upgrade and says when the agent is killed, case by case; `chosen`
 * says how.
 */
export function describeKilledUpgrades(chosen: string, listCases: (events: number) => Kill[][]): void {
  let template: HostTemplate;
  beforeAll(async () => {
    template = await makeTemplate();
  });
  afterAll(() => template.remove());

  describe.each(upgrades)('$title, from v0.1.0 to $version', ({ version, status, serves }) => {
    let undisturbed: { account: Account; events: number };
    beforeAll(async () => {
      undisturbed = await runUndisturbed(template, version);
    });

    test('ends as expected when nobody disturbs it', () => {
      const { account } = undisturbed;
      expect(account).toMatchObject({
        status,
        seamless: true,
        tenant: { serves, head: serves, runs: true, leftovers: [], database: { integrity: 'ok' } },
        left: [],
      });
      expect(account.hooks.length).toBeGreaterThan(4);
      expect(account.tenant.hookRuns).toEqual(
        account.hooks.map((line) => line.replace(/^([\w-]+): (v\d+\.\d+\.\d+)\..*$/, '$2 $1')),
      );
    });

    test(`ends the same wherever the agent is killed (${chosen})`, async () => {
      // Hosts side by side: much of an upgrade is waiting for the disk.
      const queue = new PQueue({ concurrency: 3 });
      await queue.addAll(
        listCases(undisturbed.events).map((kills) => async () => {
          const account = await runKilled(template, { version, kills });
          expect.soft(account, kills.map(({ how, n }) => `killed ${how} ${n}`).join(', ')).toEqual(undisturbed.account);
        }),
      );
    });
  });
}

/** Every record of the journal. */
export function listEvents(events: number): number[] {
  return Array.from({ length: events }, (_, index) => index + 1);
}

/** The whole table: once at every event, and at every event with a second kill during the recovery. */
export function listKills(events: number, random: () => number): Kill[][] {
  const all = listEvents(events);
  const chooseLater = () => 1 + Math.floor(random() * 30);
  return [
    // When there is a folder for the upgrade, and no record in it yet.
    [{ how: 'seen', n: 0 }],
    ...all.map((n): Kill[] => [{ how: 'at', n }]),
    ...all.map((n): Kill[] => [
      { how: 'seen', n },
      { how: 'at', n: chooseLater() },
    ]),
  ];
}
