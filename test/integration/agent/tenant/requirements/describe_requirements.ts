// The contract of the port to requirements: what every adapter promises, held by each of them.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Requirements, RequirementsWork } from '../../../../../agent/tenant/requirements/port.js';
import type { ReadContext, RunContext } from '../../../../../agent/tenant/site.js';
import { createMemoryTree } from '../../../../unit/agent/tenant/memory_tree.js';

/** Three versions, and one that asks for the same as the first. */
export const tree = createMemoryTree({
  c1: { 'requirements.txt': 'one', 'app.py': '1' },
  same: { 'requirements.txt': 'one', 'app.py': 'changed' },
  c2: { 'requirements.txt': 'two', 'app.py': '2' },
  c3: { 'requirements.txt': 'three', 'app.py': '3' },
});

export interface RequirementsBench {
  requirements: Requirements;
  context: ReadContext & RunContext;
  /** Where an upgrade of this id may export to. */
  exportDir: (upgradeId: string) => string;
  /** Makes the commit's files the tenant's, as the checkout does just before `install`. */
  checkOut: (commit: string, work: RequirementsWork) => Promise<void>;
  /** Makes the next `install` fail when it has begun. */
  breakInstall: (work: RequirementsWork) => Promise<void>;
  /** The commit whose requirements the tenant uses; empty where it has none yet. */
  inUse: () => Promise<string>;
  /** The names of what earlier upgrades kept for their undo. */
  listKept: () => string[];
  close: () => Promise<void>;
}

/** `open` gives an adapter for a tenant without anything installed. */
export function describeRequirements(name: string, open: () => Promise<RequirementsBench>): void {
  let bench: RequirementsBench;
  let upgrades = 0;

  async function plan(from: string, to: string): Promise<RequirementsWork> {
    const { requirements, context, exportDir } = bench;
    const question = { tree, previousCommit: from, targetCommit: to, readContext: context };
    upgrades += 1;
    const upgradeId = `u${upgrades}`;
    return {
      upgradeId,
      plan: (await requirements.plan(question)).plan,
      tree,
      targetCommit: to,
      exportDir: exportDir(upgradeId),
      previous: await requirements.readPrevious(context),
      timeLimitMs: 60_000,
    };
  }

  async function prepare(from: string, to: string): Promise<RequirementsWork> {
    const work = await plan(from, to);
    await bench.checkOut(to, work);
    await bench.requirements.prepare(bench.context, work);
    return work;
  }

  async function upgrade(from: string, to: string): Promise<RequirementsWork> {
    const work = await prepare(from, to);
    await bench.requirements.install(bench.context, work);
    return work;
  }

  describe(`${name} requirements`, () => {
    beforeEach(async () => {
      bench = await open();
      await upgrade('c1', 'c1');
    });
    afterEach(() => bench.close());

    it('are planned without being changed, as unchanged where the versions ask for the same', async () => {
      expect((await plan('c1', 'same')).plan.action).toBe('unchanged');
      expect((await plan('c1', 'c2')).plan.action).not.toBe('unchanged');
      expect(await bench.inUse()).toBe('c1');
    });

    it('are prepared, however often, while those in use stay', async () => {
      const work = await prepare('c1', 'c2');
      await bench.requirements.prepare(bench.context, work);
      expect(await bench.inUse()).toBe('c1');
    });

    it('are installed, however often', async () => {
      const work = await upgrade('c1', 'c2');
      expect(await bench.inUse()).toBe('c2');
      await bench.requirements.install(bench.context, work);
      expect(await bench.inUse()).toBe('c2');
    });

    it('stay as they are where the plan says unchanged', async () => {
      await upgrade('c1', 'same');
      expect(await bench.inUse()).toBe('c1');
    });

    it('are as before after an undo, however often', async () => {
      const work = await upgrade('c1', 'c2');
      await bench.requirements.undo(bench.context, work);
      expect(await bench.inUse()).toBe('c1');
      await bench.requirements.undo(bench.context, work);
      expect(await bench.inUse()).toBe('c1');
    });

    it('are as before after an undo of what was begun again', async () => {
      const work = await upgrade('c1', 'c2');
      await bench.requirements.install(bench.context, work);
      await bench.requirements.undo(bench.context, work);
      expect(await bench.inUse()).toBe('c1');
    });

    it('are as before after an undo though the install had not begun', async () => {
      const work = await prepare('c1', 'c2');
      await bench.requirements.undo(bench.context, work);
      expect(await bench.inUse()).toBe('c1');
    });

    it('are as before after an undo though the install failed in the middle', async () => {
      const work = await prepare('c1', 'c2');
      await bench.breakInstall(work);
      await expect(bench.requirements.install(bench.context, work)).rejects.toMatchObject({ code: 'command-failed' });
      await bench.requirements.undo(bench.context, work);
      expect(await bench.inUse()).toBe('c1');
    });

    it('lose what earlier upgrades kept when that is discarded, and can still be undone', async () => {
      await upgrade('c1', 'c2');
      const work = await upgrade('c2', 'c3');
      const kept = bench.listKept().length;
      await bench.requirements.discard(bench.context, work);
      await bench.requirements.discard(bench.context, work);
      expect(bench.listKept().length).toBeLessThan(kept);
      expect(await bench.inUse()).toBe('c3');
      await bench.requirements.undo(bench.context, work);
      expect(await bench.inUse()).toBe('c2');
    });
  });
}
