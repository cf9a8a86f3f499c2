// The demo, as a reader runs it: by an ordinary user, left to be played with, interrupted, and when it fails. The demo without
// a controller is in the long tables.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { findUser } from '../../agent/command/user.js';
import { always, copyPackage, makeDemoPlace, nothing, type Demo, type DemoPlace } from './run_demo.js';

/** Far more than it takes, also beside other tests. */
const wholeDemoMs = 300_000;

let copied: string;
beforeAll(() => {
  copied = mkdtempSync(path.join(os.tmpdir(), 'drover-package-'));
  chmodSync(copied, 0o755);
  copyPackage(path.join(copied, 'package'));
});
afterAll(() => rmSync(copied, { recursive: true }));

function openPlace(): DemoPlace {
  const place = makeDemoPlace();
  onTestFinished(() => place.remove());
  return place;
}

describe('for an ordinary user', () => {
  let place: DemoPlace;
  let demo: Demo;
  beforeAll(async () => {
    const { uid, gid } = await findUser('nobody');
    place = makeDemoPlace({ uid, gid });
    demo = place.start([], path.join(copied, 'package'));
    await demo.prints('Ctrl-C ends');
  }, wholeDemoMs);
  afterAll(() => place.remove());

  test('goes through all it shows', () => {
    const shows = [
      '$ drover upgrade carol',
      '[ok] `drover` showed the upgrade to its end, and it succeeded',
      '[ok] the rollout has halted by itself',
      '[ok] both rollouts have ended',
    ];
    for (const shown of [...shows, ...always]) expect(demo.text()).toContain(shown);
  });

  test('stays until Ctrl-C, with the commands that it suggests at work, and leaves nothing behind', async () => {
    expect({ failed: place.runSuggested(demo), text: demo.text() }).toMatchObject({ failed: [] });
    demo.interrupt();
    expect(await demo.ended).toBe(0);
    expect(await place.leftovers()).toEqual(nothing);
  });
});

test('can be interrupted in the middle of an upgrade, and leaves nothing behind', async () => {
  const place = openPlace();
  const demo = place.start([]);
  await demo.prints('Backing up database');
  demo.interrupt();
  expect(await demo.ended).toBe(130);
  expect(await place.leftovers()).toEqual(nothing);
});

test('ends with exit code 1 when something is not as it should be, and names the folder that it keeps', async () => {
  const place = openPlace();
  rmSync(path.join(copied, 'package/dist/agent/main.js'));
  const demo = place.start(['--exit'], path.join(copied, 'package'));
  expect(await demo.ended).toBe(1);
  const { names, processes } = await place.leftovers();
  expect(processes).toEqual([]);
  expect(names).toHaveLength(1);
  expect(demo.text()).toContain(`Its files, with the logs, are in ${path.join(place.folder, names[0] ?? '')}`);
});
