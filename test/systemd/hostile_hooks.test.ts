// Hooks that do their worst are contained: nothing of them is left, the agent lives and stays small, and another site is
// upgraded meanwhile as if they were not there.
import { describe, expect, test } from 'vitest';
import { addSiteRelease, releases } from '../helpers/sites/site_app.js';
import { useSites } from '../helpers/sites/use_site_host.js';
import { putBack, upgraded } from './ended_agent.js';

type Launcher = 'plain' | 'systemd';

interface HostileHook {
  does: string;
  body: string;
  /** How its upgrade ends, and in which way it fails. */
  status: 'success' | 'rolled_back';
  code?: string;
  /** What the plain launcher cannot do: the kernel's limits are those of a unit. */
  only?: Launcher;
}

const hooks: readonly HostileHook[] = [
  {
    does: 'forks away and leaves its session',
    body: `setsid sleep 1000 </dev/null >/dev/null 2>&1 &
perl -MPOSIX=setsid -e 'fork and exit; setsid; fork and exit; sleep 1000' &`,
    status: 'success',
  },
  {
    does: 'forks away without its environment',
    body: "env -i perl -MPOSIX=setsid -e 'fork and exit; setsid; fork and exit; sleep 1000' &",
    status: 'success',
    only: 'systemd',
  },
  { does: 'leaves a process that holds its output', body: 'sleep 1000 &', status: 'success' },
  {
    does: 'heeds no SIGTERM',
    body: "trap '' TERM; while :; do sleep 1; done",
    status: 'rolled_back',
    code: 'time-limit',
  },
  { does: 'reads its input', body: 'cat; ! read -r line', status: 'success' },
  {
    does: 'prints without end',
    body: 'yes "$(head -c 1000 /dev/zero | tr "\\0" x)"',
    status: 'rolled_back',
    code: 'output-limit',
  },
  { does: 'kills whatever it can', body: 'kill -KILL -1 $PPID $(pgrep node)\ntrue', status: 'success' },
  {
    does: 'forks without end',
    body: "perl -e 'while (1) { fork // select undef, undef, undef, 0.01 }'",
    status: 'rolled_back',
    code: 'time-limit',
    only: 'systemd',
  },
  {
    does: 'eats memory',
    body: `exec perl -e '$all .= "a" x 10_000_000 while 1'`,
    status: 'rolled_back',
    code: 'command-failed',
    only: 'systemd',
  },
];

const tagOf = (index: number) => `v1.3.${index}`;
const limits = { output_limit: '1MiB', limits: { tasks: 60, memory: '1500MiB' } };
const agentLimitKb = 150 * 1024;

describe.each(['plain', 'systemd'] as const)('with the %s launcher a hook', (launcher) => {
  const chosen = hooks.filter(({ only }) => only === undefined || only === launcher);
  const sites = useSites({
    count: 2 * chosen.length,
    addReleases(app) {
      for (const [index, { body }] of chosen.entries()) {
        addSiteRelease(app, tagOf(index), { [`release/${tagOf(index)}.sh`]: `#!/bin/bash\n${body}\n` });
      }
    },
    agentKeys: { max_concurrent: 2, launcher },
    tenantKeys: limits,
    // Not of the neighbours, every other one: they are held up where the machine is small.
    keysOf: (index) => (index % 2 === 0 ? { time_limits: { hook: '3s' } } : {}),
  });

  test.each(chosen.map((hook, index) => ({ ...hook, version: tagOf(index) })))(
    'that $does is contained',
    async ({ version, status, code }) => {
      const host = sites.host();
      const [site, neighbour] = [sites.take(), sites.take()];
      const agent = await host.agentPid();
      const ids = [await host.ask(site, version), await host.ask(neighbour, releases.good)];
      const [ended, other] = await Promise.all([host.follow(site, ids[0] ?? ''), host.follow(neighbour, ids[1] ?? '')]);
      expect(other.result).toMatchObject({ status: 'success', warnings: [] });
      expect(await neighbour.look()).toEqual(upgraded);

      expect(ended.result.status).toBe(status);
      expect(ended.result.failure?.code).toBe(code);
      const serves = status === 'success' ? version : releases.base;
      const view = { head: serves, serves, starts: [releases.base, serves], tables: putBack.tables, left: [] };
      expect(await site.look()).toMatchObject({ ...view, unit: 'active', integrity: 'ok', notes: ['kept'] });
      const output = [...ended.outputs.values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
      expect(output).toBeLessThan(2 * 1024 ** 2);

      expect(await host.agentPid()).toBe(agent);
      const memory = await host.machine.run(['grep', 'VmHWM', `/proc/${agent}/status`]);
      expect(Number(/\d+/.exec(memory))).toBeLessThan(agentLimitKb);
    },
  );
});
