// The table of upgrades during which the disk of the agent's state fails: the old version runs, and no line is lost.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import PQueue from 'p-queue';
import { makeTemplate, type HostTemplate } from '../../helpers/agent/agent_host.js';
import { faultyDisks, type FaultyDisk } from '../../helpers/faults/faulty_disks.js';
import { runFaulty, type FaultyUpgrade } from '../../helpers/faults/faulty_upgrades.js';
import { runUndisturbed } from '../../helpers/faults/killed_upgrades.js';

const version = 'v0.4.0';

const lacks = ['room', 'inodes', 'being writable'] as const;

export interface DiskCase {
  /** The event after which the disk fails. */
  n: number;
  /** The agent is killed at that moment, and another one starts. */
  killed: boolean;
}

const fates = {
  lives: { killed: false, agent: 'its agent goes on' },
  killed: { killed: true, agent: 'its agent is killed as well' },
} as const;

export interface DiskTable {
  /** How the events are chosen, for a reader. */
  chosen: string;
  /** Gets the number of events of an undisturbed upgrade and says after which of them the disk fails, case by case. */
  chooseEvents: (events: number) => number[];
  /** The ends that must be among them. */
  ends: string[];
  disks?: readonly (keyof typeof faultyDisks)[];
  fates?: readonly (keyof typeof fates)[];
}

export function describeFailingDisks(table: DiskTable): void {
  let template: HostTemplate;
  let events: number;
  beforeAll(async () => {
    template = await makeTemplate();
    ({ events } = await runUndisturbed(template, version));
  });
  afterAll(() => template.remove());

  const tests = (table.fates ?? (['lives', 'killed'] as const)).map((fate) => fates[fate]);
  describe.each(table.disks ?? lacks)('a state folder that loses %s', (lack) => {
    test.each(tests)(
      `leaves the tenant up while $agent, and has the whole stream once the disk is fixed (${table.chosen})`,
      async ({ killed }) => {
        const statuses = new Set<string>();
        const queue = new PQueue({ concurrency: 2 });
        await queue.addAll(
          table.chooseEvents(events).map((n) => async () => {
            const where = { n, killed };
            // One that goes wrong keeps no other from being looked at.
            const upgrade = await runOn(faultyDisks[lack], template, where).catch((error: unknown) => String(error));
            expect.soft({ where, upgrade }).toEqual({ where, upgrade: expect.any(Object) });
            if (typeof upgrade === 'string') return;
            statuses.add(upgrade.followed.result.status);
            expectWhole(upgrade, JSON.stringify(where));
          }),
        );
        expect([...statuses]).toEqual(expect.arrayContaining(table.ends));
      },
    );
  });
}

async function runOn(mountDisk: () => FaultyDisk, template: HostTemplate, where: DiskCase): Promise<FaultyUpgrade> {
  const disk = mountDisk();
  try {
    return await runFaulty(template, disk, { version, ...where });
  } finally {
    disk.remove();
  }
}

function expectWhole({ followed, before, meanwhile, after, left }: FaultyUpgrade, where: string): void {
  const { status, failure } = followed.result;
  const up = { runs: true, leftovers: [], changes: [] };
  // The version from before is recorded before the first step, where the disk takes it.
  const record = after.record?.version === before.head ? after.record : before.record;
  const old = { ...before, ...up, record };
  const now = { ...after, ...up, serves: version, head: version };
  expect.soft({ where, status, failure }).toMatchObject({ status: expect.stringMatching(/^(rolled_back|success)$/) });
  expect.soft({ where, ...after }).toEqual({ where, ...(status === 'success' ? now : old), others: [] });
  expect.soft({ where, seamless: followed.seamless, left }).toEqual({ where, seamless: true, left: [] });
  if (meanwhile === null) return;
  // Up on one version before the disk is, but for what lies on that disk, and the mark of the turn. It may be the old one and
  // not the last: where nothing was begun there is nothing to put back, and the agent that comes after the mending goes on.
  const { record: _onDisk, others: _marks, ...tenant } = meanwhile;
  const whole = tenant.head === before.head ? { ...before, ...up } : after;
  expect.soft({ where, ...whole }).toMatchObject({ where, ...tenant });
}
