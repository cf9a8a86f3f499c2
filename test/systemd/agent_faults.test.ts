// The agent runs as a unit and is ended inside each group of steps, and while commands run: by SIGKILL, a stop, a restart.
import { expect, test } from 'vitest';
import { releases } from '../helpers/sites/site_app.js';
import { faultyEnv } from '../helpers/sites/site_faults.js';
import { agentUnit } from '../helpers/sites/site_host.js';
import { useSites } from '../helpers/sites/use_site_host.js';
import { endAt, endedWell, moments, outcomes, tellOutcome } from './ended_agent.js';

const sites = useSites({ count: 5, env: faultyEnv });

const { preparing, stopping, hooks, migrating, starting } = moments;

/** One moment in each group of steps for each kind of end; `faults/ended_agent.test.ts` has all. */
test.each([
  { how: 'gets SIGKILL', at: [preparing[1], stopping[1], hooks[0], migrating[0], starting[1]] },
  { how: 'is stopped, and started', at: [preparing[0], stopping[0], hooks[2], migrating[1], starting[2]] },
  { how: 'is restarted', at: [preparing[2], stopping[2], hooks[3], migrating[2], starting[0]] },
] as const)('goes on as if it had not when it $how inside every group of steps', async ({ how, at }) => {
  const upgrade = { host: sites.host(), site: sites.take(), version: releases.good };
  expect(await endAt(upgrade, { how, at })).toEqual(endedWell(releases.good));
});

const verbs = {
  kill: ['kill', '--kill-who=main', '--signal=SIGKILL', agentUnit],
  stop: ['stop', agentUnit],
  restart: ['restart', agentUnit],
};

test('leaves hooks and migrations running while it is killed, stopped or restarted, and they run once', async () => {
  const host = sites.host();
  const site = sites.take();
  const during = { 'pre-pull': 'kill', 'post-pull': 'restart', migrate: 'stop', 'post-migrate': 'kill' } as const;
  for (const gate of Object.keys(during)) site.shut(gate);
  const id = await host.ask(site, releases.good);
  for (const [gate, verb] of Object.entries(during)) {
    await site.seeRun(gate);
    const before = await host.agentPid();
    await host.machine.run(['systemctl', ...verbs[verb]]);
    if (verb === 'stop') {
      // It ends while there is no agent.
      site.open(gate);
      await site.seeEnd(gate);
      await host.machine.run(['systemctl', 'start', agentUnit]);
    }
    await host.seeAgent(before);
    site.open(gate);
  }
  expect(await tellOutcome(host, site, id)).toEqual(outcomes[releases.good]);
});
