// The operations over HTTP: the contract, and what the controller's stream adds to it.
import { expect, it } from 'vitest';
import { createHttpOperations } from '../../../../controller/cli/http_operations.js';
import { createClient } from '../../../../controller/client/create_client.js';
import { systemClock } from '../../../../shared/os/clock.js';
import { makeId } from '../../../../shared/os/ids.js';
import { serve, token } from '../../../helpers/controller/serve_api.js';
import { describeOperations, type OperationsRig } from '../../../helpers/operations/describe_operations.js';
import { begin, command, finish, step } from '../../../unit/shared/terminal/streams.js';
import type { MemoryFleet } from '../../../helpers/controller/memory_fleet.js';

const gatedVersion = 'v0.2.9';
const gate = { key: 'a', at: 0, next: 20, text: 'waiting at the gate\n' };

/** The fleet acts as a host does: upgrades, cancels and rollbacks come to their end by themselves. */
function actAsHost(fleet: MemoryFleet): void {
  const upgrade = fleet.upgrade.bind(fleet);
  const cancel = fleet.cancel.bind(fleet);
  const rollback = fleet.rollback.bind(fleet);
  fleet.upgrade = async (slug, body, key) => {
    const stored = await upgrade(slug, body, key);
    setImmediate(() => {
      if (body.version === gatedVersion) fleet.append(stored.id, begin, command('a', 'post-pull'), gate);
      else fleet.append(stored.id, begin, ...step('migrate'), finish('success', 'v0.4.0'));
    });
    return stored;
  };
  fleet.cancel = async (id, body) => {
    const asked = await cancel(id, body);
    setImmediate(() => fleet.append(id, finish('cancelled', 'v0.1.0')));
    return asked;
  };
  fleet.rollback = async (slug, body, key) => {
    const asked = await rollback(slug, body, key);
    setImmediate(() => fleet.append(asked.id, ...step('migrate', [], 'undo'), finish('rolled_back', 'v0.1.0')));
    return asked;
  };
}

async function open(): Promise<OperationsRig & { fleet: MemoryFleet }> {
  const { url, fleet } = await serve();
  const client = createClient({ url, token, clock: systemClock, random: Math.random });
  return {
    fleet,
    operations: createHttpOperations({ client, clock: systemClock, makeId }),
    plainVersion: 'v0.4.0',
    gatedVersion,
    openGate: () => {
      for (const id of fleet.upgrades.keys()) fleet.append(id, finish('success', 'v0.4.0'));
    },
  };
}

describeOperations(async () => {
  const rig = await open();
  actAsHost(rig.fleet);
  return rig;
});

it('a second rollback of one upgrade is followed to its own end, and no further', async () => {
  const { operations, fleet } = await open();
  const id = makeId();
  fleet.add(id);
  fleet.append(id, begin, finish('success', 'v0.4.0'));
  fleet.append(id, { type: 'rollback', id: makeId(), restore_database: false }, finish('success', 'v0.4.0'));
  const started = await operations.rollback('testsite', { restoreDatabase: true });
  fleet.append(id, finish('rolled_back', 'v0.1.0'));
  fleet.append(id, { type: 'rollback', id: makeId(), restore_database: false }, finish('failed', 'v0.1.0'));
  const own: string[] = [];
  const signal = new AbortController().signal;
  const items = operations.follow(started, { live: true, signal, onWaiting: () => undefined });
  let status: string | null = null;
  while (status === null) {
    const { done, value } = await items.next();
    if (done === true) {
      status = value.status;
    } else if ('event' in value && (own.length > 0 || started.isOwn(value.event))) {
      own.push(`${value.event.n} ${value.event.type}`);
    }
  }
  expect(status).toBe('rolled_back');
  expect(own).toEqual(['5 rollback', '6 finish']);
});

it('a cancel after a resumed hold is followed to its own end, past the cancel before the hold', async () => {
  const { operations, fleet } = await open();
  const id = makeId();
  const held = { ...finish('failed', 'v0.4.0'), hold: 'undo-failed' as const };
  fleet.add(id);
  fleet.append(id, begin, { type: 'cancel', force: false }, held, { type: 'resume', accept: false });
  const started = await operations.cancel('testsite', { force: true });
  fleet.append(id, finish('cancelled', 'v0.1.0'));
  const { signal } = new AbortController();
  const items = operations.follow(started, { live: true, signal, onWaiting: () => undefined });
  let status: string | null = null;
  while (status === null) {
    const { done, value } = await items.next();
    if (done === true) status = value.status;
  }
  expect(status).toBe('cancelled');
});
