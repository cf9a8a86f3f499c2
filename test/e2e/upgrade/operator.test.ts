// What an operator decides: rollback, resume, accept, cancel, and what the tenant file says about failures.
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Event } from '../../../shared/model/journal/events.js';
import { createLogRenderer } from '../../../shared/model/journal/render_log.js';
import { addNotes } from '../../../deploy/demo/app/notes_client.js';
import type { AgentHost } from '../../helpers/agent/agent_host.js';
import { findService } from '../../helpers/agent/look_at_tenant.js';
import { expectOldVersion, expectUntouched, hookScript, unhealthyServer, useHosts } from './hosts.js';

const writesAndFails = unhealthyServer(
  `db.exec("INSERT INTO notes (text) SELECT 'Of the new version' WHERE NOT EXISTS (SELECT * FROM notes WHERE id = 4)");`,
);
/** Healthy as soon as the file `mended` is there. */
const healthyOnceMended = `${writesAndFails}
import { existsSync } from 'node:fs';
server.removeAllListeners('request');
server.on('request', (_, response) => existsSync(process.env.DATA_DIR + '/mended')
  ? response.writeHead(200).end(JSON.stringify({ status: 'ok', version: 'v0.2.1' }))
  : response.writeHead(500).end('broken'));
`;

const hosts = useHosts({
  inProcess: true,
  releases: [
    { tag: 'v0.2.1', base: 'v0.2.0', files: { 'server.mjs': healthyOnceMended } },
    { tag: 'v0.1.1', base: 'v0.1.0', files: { 'server.mjs': writesAndFails } },
    { tag: 'v0.1.2', base: 'v0.1.0', files: { 'release/v0.1.2.sh': hookScript('post-pull', 'exit 3') } },
    { tag: 'v0.2.2', base: 'v0.2.0', files: { 'release/v0.2.2.sh': hookScript('post-pull', 'sleep 1000') } },
    {
      tag: 'v0.2.3',
      base: 'v0.2.0',
      files: { 'scripts/003_wait.mjs': "console.log('waiting'); setInterval(() => {}, 1000);\n" },
    },
  ],
});

const impatient = {
  makeKeys: ({ health }: { health: string }) => ({
    health: { url: health, interval: '20ms', successes: 2, timeout: '3s' },
  }),
};
const texts = async (host: AgentHost) => (await host.look()).database.notes.map(({ text }) => text);
const command = (step: string) => (event: Event) => event.type === 'command' && event.step === step;

/** Ends in a hold: with hooks and migrations in the upgrade nobody but an operator may give the data up. */
async function hold() {
  const host = await hosts.open(impatient);
  const before = await host.look();
  const followed = await host.upgrade({ version: 'v0.2.1' });
  expect(followed.result).toMatchObject({
    status: 'failed',
    current_version: 'v0.2.1',
    failure: { code: 'unhealthy', hint: expect.stringMatching(/own log.*--restore-database/), needs_operator: true },
  });
  // `bin/ctl start` returns before the new process has become the service.
  await expect.poll(() => findService(host.tenant.dataDir)).not.toBeNull();
  const held = await host.look();
  expect(held).toMatchObject({ head: 'v0.2.1', leftovers: [] });
  expect(held.service).not.toBeNull();
  expect(held.database.notes).toHaveLength(before.database.notes.length + 1);
  return { host, before, held, id: followed.id, client: await host.connect() };
}

describe('a new version that writes data and is not healthy', () => {
  test('stays started and refuses other upgrades until an operator has decided', async () => {
    const { host, held } = await hold();
    const { result } = await host.upgrade({ version: 'v0.4.0' });
    expect(result).toMatchObject({ status: 'refused', failure: { code: 'unresolved' } });
    await expectUntouched(host, held);
  });

  test('is accepted as it is', async () => {
    const { host, held, id, client } = await hold();
    expect(await client.command({ type: 'resume', accept: true })).toBe(id);
    const { result } = await client.follow(id, { finishes: 2 });
    expect(result).toMatchObject({ status: 'failed', current_version: 'v0.2.1', failure: { needs_operator: false } });
    await expectUntouched(host, held);
  });

  test('succeeds on a resume once its cause is fixed', async () => {
    const { host, id, client } = await hold();
    writeFileSync(path.join(host.tenant.dataDir, 'mended'), '');
    await client.command({ type: 'resume', accept: false });
    const { result } = await client.follow(id, { finishes: 2 });
    expect(result).toMatchObject({ status: 'success', current_version: 'v0.2.1', failure: null });
    expect(await texts(host)).toContain('Of the new version');
  });

  test('is rolled back, data and all, only when that is asked for in so many words', async () => {
    const { host, before, held, id, client } = await hold();
    await expect(client.command({ type: 'rollback', restore_database: false })).rejects.toMatchObject({
      code: 'data-changed',
    });
    await expectUntouched(host, held);
    await client.command({ type: 'rollback', restore_database: true });
    const { result } = await client.follow(id, { finishes: 2 });
    expect(result).toMatchObject({ status: 'rolled_back', current_version: 'v0.1.0' });
    await expectOldVersion(host, before);
  });

  test('is rolled back, data and all, where the tenant file says so', async () => {
    const host = await hosts.open({
      makeKeys: (place) => ({ ...impatient.makeKeys(place), after_start_failure: 'restore' }),
    });
    const before = await host.look();
    expect((await host.upgrade({ version: 'v0.2.1' })).result).toMatchObject({
      status: 'rolled_back',
      current_version: 'v0.1.0',
    });
    await expectOldVersion(host, before);
  });

  test('is rolled back with its data kept when no hook and no migration ran', async () => {
    const host = await hosts.open(impatient);
    const before = await host.look();
    const { result } = await host.upgrade({ version: 'v0.1.1' });
    expect(result).toMatchObject({ status: 'rolled_back', current_version: 'v0.1.0' });
    await expectOldVersion(host, { ...before, database: expect.anything() });
    expect(await texts(host)).toEqual([...before.database.notes.map(({ text }) => text), 'Of the new version']);
  });
});

test('a failed upgrade stays on what it reached where the tenant file says so, with the services up', async () => {
  const host = await hosts.open({ makeKeys: () => ({ on_failure: 'stay' }) });
  const { result } = await host.upgrade({ version: 'v0.1.2' });
  expect(result).toMatchObject({
    status: 'failed',
    current_version: 'v0.1.2',
    hooks_executed: ['post-pull: v0.1.2.sh - FAILED (exit 3)'],
    failure: { step: 'hooks-post-pull', hook: 'v0.1.2.sh', exit_code: 3, needs_operator: false },
  });
  const after = await host.look();
  expect(after).toMatchObject({ head: 'v0.1.2', record: { version: 'v0.1.0' } });
  expect(after.service).not.toBeNull();
  expect(existsSync(result.backup_path ?? '')).toBe(true);
});

describe('an operator’s rollback', () => {
  test('puts the tenant back as it was before its latest upgrade', async () => {
    const host = await hosts.open();
    const before = await host.look();
    const { id } = await host.upgrade({ version: 'v0.4.0' });
    const client = await host.connect();
    expect(await client.command({ type: 'rollback', restore_database: false })).toBe(id);
    const { result } = await client.follow(id, { finishes: 2 });
    expect(result).toMatchObject({ status: 'rolled_back', current_version: 'v0.1.0' });
    await expectOldVersion(host, before);
    await expect(client.command({ type: 'rollback', restore_database: false })).rejects.toMatchObject({
      code: 'nothing-to-do',
    });
  });

  test('takes a database without a fingerprint for one that was written to', async () => {
    const host = await hosts.open({
      makeKeys: ({ dataDir }) => ({
        database: {
          backup: ['cp', `${dataDir}/notes.db`, '{file}'],
          restore: ['cp', '{file}', `${dataDir}/notes.db`],
        },
      }),
    });
    const { id } = await host.upgrade({ version: 'v0.2.0' });
    const client = await host.connect();
    await client.command({ type: 'rollback', restore_database: false });
    const { result } = await client.follow(id, { finishes: 2 });
    expect(result).toMatchObject({ current_version: 'v0.2.0', failure: { code: 'data-changed' } });
  });

  test('gives no data up that was written since, unless it is asked to', async () => {
    const host = await hosts.open();
    const before = await host.look();
    const { id } = await host.upgrade({ version: 'v0.4.0' });
    await addNotes(host.tenant.url, ['Written since']);
    const running = await host.look();
    const client = await host.connect();
    await client.command({ type: 'rollback', restore_database: false });
    const { result, events } = await client.follow(id, { finishes: 2 });
    expect(result).toMatchObject({
      current_version: 'v0.4.0',
      rollback: { downtime_ms: 0 },
      failure: { code: 'data-changed', message: 'Not rolled back: data changed since v0.4.0.' },
    });
    const log = createLogRenderer();
    expect(events.map((event) => log.render({ event })).join('\n')).toMatch(
      / == declined: Not rolled back: data changed since v0\.4\.0\. On test-host: `drover-agent rol.*$/,
    );
    expect(await host.look()).toMatchObject({ serves: 'v0.4.0', head: 'v0.4.0', service: running.service });
    expect(await texts(host)).toContain('Written since');
    await client.command({ type: 'rollback', restore_database: true });
    expect((await client.follow(id, { finishes: 3 })).result).toMatchObject({
      status: 'rolled_back',
      current_version: 'v0.1.0',
    });
    await expectOldVersion(host, before);
  });
});

describe('a cancel', () => {
  test('ends a hook, and the tenant is put back', async () => {
    const host = await hosts.open();
    const before = await host.look();
    const client = await host.connect();
    const id = await client.ask({ version: 'v0.2.2' });
    await client.waitFor(
      id,
      (event) => command('hooks-post-pull')(event) && event.type === 'command' && event.key.includes('v0.2.2'),
    );
    await client.command({ type: 'cancel', force: false });
    const { result } = await client.follow(id);
    expect(result).toMatchObject({ status: 'cancelled', current_version: 'v0.1.0' });
    expect(result.hooks_executed).toContain('post-pull: v0.2.2.sh - FAILED (cancelled)');
    await expectOldVersion(host, before);
  });

  test('ends migrations only with force', async () => {
    const host = await hosts.open();
    const before = await host.look();
    const client = await host.connect();
    const id = await client.ask({ version: 'v0.2.3' });
    await client.waitFor(
      id,
      (event) => command('migrate')(event) && event.type === 'command' && event.migration === 'scripts/003_wait.mjs',
    );
    await expect(client.command({ type: 'cancel', force: false })).rejects.toMatchObject({ code: 'not-cancellable' });
    await client.command({ type: 'cancel', force: true });
    expect((await client.follow(id)).result).toMatchObject({ status: 'cancelled', current_version: 'v0.1.0' });
    await expectOldVersion(host, before);
  });

  test('has nothing to end while nothing runs', async () => {
    const client = await (await hosts.open()).connect();
    await expect(client.command({ type: 'cancel', force: true })).rejects.toMatchObject({ code: 'nothing-to-do' });
  });
});

test('a second upgrade while one runs is refused, and does not disturb the first', async () => {
  const host = await hosts.open();
  const client = await host.connect();
  const first = await client.ask({ version: 'v0.2.2' });
  await client.waitFor(first, command('hooks-post-pull'));
  const second = await client.follow(await client.ask({ version: 'v0.4.0' }));
  expect(second.result).toMatchObject({
    status: 'refused',
    failure: { code: 'busy', message: expect.stringContaining(first) },
  });
  await client.command({ type: 'cancel', force: false });
  expect((await client.follow(first)).result.status).toBe('cancelled');
});
