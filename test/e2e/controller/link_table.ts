// The table of a faulty link: every frame of the protocol, and what may happen to it on its way. Each row is an upgrade with
// hooks that print, and ends as if nothing had been.
import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest';
import { cancelBodySchema, planBodySchema } from '../../../shared/wire/api.js';
import { toAppError } from '../../../shared/errors.js';
import { makeTemplate, type HostTemplate } from '../../helpers/agent/agent_host.js';
import type { Fault, Side, Trap } from '../../helpers/controller/frame_proxy.js';
import {
  addLinkedRelease,
  followLocal,
  followStored,
  hookLines,
  hooksOfOne,
  hostName,
  openLinkedHost,
  release,
  slug,
  type LinkedHost,
} from '../../helpers/agent/linked_host.js';
import { createRandom } from '../../helpers/seeded_random.js';

interface Frame {
  from: Side;
  kind: string;
  /** When frames of this kind are sent. */
  during: 'connect' | 'plan' | 'upgrade' | 'cancel' | 'rollback';
  /** Of so many that come in every run, one is chosen. */
  count: number;
  /** The upgrade ends on the host even while this is held back. */
  isNeedless?: true;
}

const frames: readonly Frame[] = [
  { from: 'agent', kind: 'hello', during: 'connect', count: 1 },
  { from: 'agent', kind: 'report', during: 'connect', count: 1, isNeedless: true },
  { from: 'agent', kind: 'streams', during: 'connect', count: 2, isNeedless: true },
  { from: 'agent', kind: 'event', during: 'upgrade', count: 20, isNeedless: true },
  { from: 'agent', kind: 'output', during: 'upgrade', count: 2, isNeedless: true },
  { from: 'agent', kind: 'answer', during: 'upgrade', count: 1, isNeedless: true },
  { from: 'agent', kind: 'plan_result', during: 'plan', count: 1 },
  { from: 'controller', kind: 'welcome', during: 'connect', count: 1 },
  { from: 'controller', kind: 'plan', during: 'plan', count: 1 },
  { from: 'controller', kind: 'upgrade', during: 'upgrade', count: 1 },
  { from: 'controller', kind: 'stored', during: 'upgrade', count: 2, isNeedless: true },
  { from: 'controller', kind: 'cancel', during: 'cancel', count: 1 },
  { from: 'controller', kind: 'rollback', during: 'rollback', count: 1 },
];

const statuses = {
  connect: 'success',
  plan: 'success',
  upgrade: 'success',
  cancel: 'cancelled',
  rollback: 'rolled_back',
} as const;

export interface Row extends Frame {
  fault: Fault;
  nth: number;
}

/** All rows; which of several frames of a kind it is depends on the seed. */
export function listRows(seed: number): Row[] {
  const random = createRandom(seed);
  return frames.flatMap((frame) => {
    const faults: Fault[] = ['cut-before', 'cut-after', 'duplicate', 'hold', 'half-open'];
    // No WebSocket loses a frame. An event that is lost all the same is missed at the next one; of the output only what
    // has more of it behind it would be.
    if (frame.kind === 'event') faults.push('drop');
    return faults.map((fault) => ({ ...frame, fault, nth: 1 + Math.floor(random() * frame.count) }));
  });
}

/** `chosen` says how the rows were chosen. */
export function describeFaultyLink(chosen: string, rows: readonly Row[]): void {
  let template: HostTemplate;
  let linked: LinkedHost;
  beforeAll(async () => {
    template = await makeTemplate();
    await addLinkedRelease(template);
    linked = await openLinkedHost(template);
  });
  afterAll(async () => {
    await linked.close();
    await template.remove();
  });

  test.each(rows)(`$kind $nth from the $from, $fault: nothing is lost, nothing done twice (${chosen})`, async (row) => {
    onTestFailed(() => console.error(linked.rig().log.lines.slice(-20)));
    await linked.seeConnected();
    const ranBefore = linked.hookRuns().length;
    const { id, finishes } = await run(linked, row);
    const stored = await followStored(linked, id);
    const { stream, result } = await followLocal(linked, id, finishes);
    expect(stored).toEqual(stream);
    expect(stored.isSeamless).toBe(true);
    expect(linked.hookRuns().slice(ranBefore)).toEqual(row.during === 'cancel' ? hooksOfOne.slice(0, 1) : hooksOfOne);
    const shown = await linked.rig().fleet.findUpgrade(id);
    const status = statuses[row.during];
    expect([result.status, shown.status]).toEqual([status, status]);
    const printed = row.during === 'cancel' ? '' : `${hookLines.join('\n')}\n`;
    expect([...stored.outputs.values()].join('')).toContain(printed);
    expect(await linked.rig().core.store.orders.openOf(hostName)).toEqual([]);
  });
}

/** The upgrade of one row, up to the point where nothing keeps it from ending. */
async function run(linked: LinkedHost, row: Row): Promise<{ id: string; finishes: number }> {
  const { proxy } = linked;
  const trap = () => proxy.trap(row);
  if (row.during === 'connect') {
    const trapped = trap();
    proxy.cut();
    const id = await linked.order();
    await spring(linked, { row, trapped, id });
    return { id, finishes: 1 };
  }
  if (row.during === 'plan') {
    const trapped = trap();
    const planned = planUntilAnswered(linked);
    await spring(linked, { row, trapped, id: null });
    await planned;
    return { id: await linked.order(), finishes: 1 };
  }
  if (row.during === 'upgrade') {
    const trapped = trap();
    const id = await linked.order();
    await spring(linked, { row, trapped, id });
    return { id, finishes: 1 };
  }
  if (row.during === 'cancel') {
    const before = linked.hookRuns().length;
    await linked.shutGate();
    const id = await linked.order();
    await linked.seeHookRuns(before + 1);
    const trapped = trap();
    const cancelled = cancelOnce(linked, id);
    await spring(linked, { row, trapped, id: null });
    await cancelled;
    await linked.openGate();
    return { id, finishes: 1 };
  }
  const id = await linked.order();
  await followStored(linked, id);
  const trapped = trap();
  const rolledBack = linked.rollback();
  await spring(linked, { row, trapped, id: null });
  expect(await rolledBack).toBe(id);
  return { id, finishes: 2 };
}

/** Waits until the fault has happened; what is held is let go as late as can be. */
async function spring(
  linked: LinkedHost,
  { row, trapped, id }: { row: Row; trapped: Trap; id: string | null },
): Promise<void> {
  await trapped.sprung;
  if (row.isNeedless === true && row.fault === 'hold' && id !== null) await linked.seeFinish(id);
  trapped.release();
}

/** Asks again where the host went away before it had answered. */
async function planUntilAnswered(linked: LinkedHost): Promise<void> {
  const body = planBodySchema.parse({ version: release, force: true });
  for (;;) {
    try {
      const plan = await linked.rig().fleet.plan(slug, body, AbortSignal.timeout(60_000));
      expect(plan.target?.version).toBe(release);
      return;
    } catch (error) {
      expect(toAppError(error).code).toBe('offline');
      await linked.seeConnected();
    }
  }
}

/** One that was done although its answer got lost is answered with what is so by then: that there is nothing to cancel. */
async function cancelOnce(linked: LinkedHost, id: string): Promise<void> {
  try {
    await linked.rig().fleet.cancel(id, cancelBodySchema.parse({}));
  } catch (error) {
    expect(['nothing-to-do', 'not-cancellable']).toContain(toAppError(error).code);
  }
}
