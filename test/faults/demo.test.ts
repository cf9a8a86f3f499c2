// The demo without a controller, and the one that ends by itself: each goes through all it shows.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { always, makeDemoPlace, nothing, type DemoPlace } from '../e2e/run_demo.js';

let place: DemoPlace;
beforeEach(() => {
  place = makeDemoPlace();
});
afterEach(() => place.remove());

test('without a controller stays until Ctrl-C, with the commands that it suggests at work', async () => {
  const demo = place.start(['--agent-only']);
  await demo.prints('Ctrl-C ends');
  const shows = ['$ drover-agent upgrade carol', '[ok] the command reports that the agent disconnected (exit code 3)'];
  for (const shown of [...shows, ...always]) expect(demo.text()).toContain(shown);
  expect({ failed: place.runSuggested(demo), text: demo.text() }).toMatchObject({ failed: [] });
  demo.interrupt();
  expect(await demo.ended).toBe(0);
  expect(await place.leftovers()).toEqual(nothing);
});

test('without a controller can be interrupted in the middle of an upgrade, and leaves nothing behind', async () => {
  const demo = place.start(['--agent-only']);
  await demo.prints('Backing up database');
  demo.interrupt();
  expect(await demo.ended).toBe(130);
  expect(await place.leftovers()).toEqual(nothing);
});

test('with --exit goes through all it shows, and leaves nothing behind', async () => {
  const demo = place.start(['--exit']);
  const exitCode = await demo.ended;
  expect({ exitCode, text: demo.text() }).toMatchObject({ exitCode: 0 });
  expect(demo.text()).toContain('[ok] both rollouts have ended');
  expect(await place.leftovers()).toEqual(nothing);
});

test('can be interrupted in the middle of a rollout on two hosts, and leaves nothing behind', async () => {
  const demo = place.start([]);
  await demo.prints('[wave 1/3] canary passed');
  demo.interrupt();
  expect(await demo.ended).toBe(130);
  expect(await place.leftovers()).toEqual(nothing);
});
