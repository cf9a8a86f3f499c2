// A backup of the store, and what a controller does with a store that was restored.
import { execFile } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { StoredRollout } from '../../../controller/store/rollouts.js';
import { openStore } from '../../../controller/store/sqlite/open_store.js';
import { rolloutSettingsSchema } from '../../../shared/model/rollout.js';
import { makeId } from '../../../shared/os/ids.js';
import { makeControllerPlace, type ControllerPlace } from '../../helpers/controller/controller_process.js';
import { makeReport, reportedTenant } from '../../helpers/controller/protocol_peer.js';

const program = path.join(import.meta.dirname, '../../../dist/controller/main.js');
const at = '2026-01-01T00:00:00.000Z';
const actor = { token: null, name: 'tester', address: null, reason: null };
let place: ControllerPlace;
let id: string;

beforeAll(async () => {
  place = await makeControllerPlace();
  const controller = await place.start();
  await controller.end('SIGTERM');
  id = makeId();
  const store = openStore(place.storeFile);
  await store.hosts.connect({ host: 'h1', agentVersion: '1', protocolVersion: 1, clockSkewMs: 0, at });
  await store.hosts.report('h1', makeReport([reportedTenant('acme')]), at);
  await store.rollouts.start(
    {
      id,
      version: 'v0.2.0',
      commit: 'c'.repeat(40),
      where: null,
      selection: null,
      scope: null,
      plan: null,
      settings: rolloutSettingsSchema.parse({}),
      approved: null,
      at,
    },
    {
      arrange: () => ({ waves: [{ name: 'canary', slugs: ['acme'] }], skipped: [], canary_misses: [], budget: 3 }),
      isConnected: () => false,
      key: null,
      actor,
    },
  );
  await store.close();
});
afterAll(() => place.remove());

const folder = () => path.dirname(place.storeFile);
const configFile = () => path.join(folder(), '../controller.yaml');

async function readRollout(file: string): Promise<StoredRollout | null> {
  const store = openStore(file);
  try {
    return await store.rollouts.find(id, null);
  } finally {
    await store.close();
  }
}

async function backUp(file: string): Promise<{ code: unknown; text: string }> {
  const asked = promisify(execFile)(process.execPath, [program, 'backup', file, '--config', configFile()], {
    cwd: '/',
  });
  return asked.then(
    ({ stdout }) => ({ code: 0, text: stdout }),
    (error: { code: unknown; stderr: string }) => ({ code: error.code, text: error.stderr }),
  );
}

it('copies the store of a running controller into a new file, with every rollout paused', async () => {
  const copy = path.join(folder(), '../copy.db');
  const controller = await place.start();
  expect(await backUp(copy)).toMatchObject({ code: 0, text: expect.stringContaining(copy) });
  await controller.end('SIGTERM');
  expect(statSync(copy).mode & 0o777).toBe(0o600);
  expect(readdirSync(path.dirname(copy)).filter((name) => name.startsWith('copy'))).toEqual(['copy.db']);
  const content = readFileSync(copy);
  expect(await backUp(copy)).toMatchObject({ code: 2, text: expect.stringContaining('is there already') });
  expect(readFileSync(copy).equals(content)).toBe(true);
  expect(await readRollout(copy)).toMatchObject({
    state: 'paused',
    why: expect.stringContaining('restored from a backup of'),
  });
  expect(await readRollout(place.storeFile)).toMatchObject({ state: 'running' });
});

it('pauses the rollouts of a store that is an older copy of the file, and of no other one', async () => {
  const raw = path.join(folder(), '../raw.db');
  copyFileSync(place.storeFile, raw);
  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    const controller = await place.start();
    await controller.end(signal);
    expect(await readRollout(place.storeFile)).toMatchObject({ state: 'running' });
  }
  for (const end of ['-wal', '-shm']) rmSync(`${place.storeFile}${end}`, { force: true });
  copyFileSync(raw, place.storeFile);
  const controller = await place.start();
  await controller.end('SIGTERM');
  expect(await readRollout(place.storeFile)).toMatchObject({
    state: 'paused',
    why: expect.stringContaining('restored from an older copy'),
  });
});
