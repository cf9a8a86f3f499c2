// A tag that somebody moves or removes while an upgrade to it has begun: the upgrade stays with what was planned.
import { expect, test } from 'vitest';
import { useHosts } from './hosts.js';

const hosts = useHosts({ releases: [] });

test.each([
  { what: 'moved', change: 'update-ref refs/tags/v0.2.0 refs/tags/v0.1.0^{commit}' },
  { what: 'removed', change: 'update-ref -d refs/tags/v0.2.0' },
])('a tag that is $what after the plan is warned of, and the planned commit is what runs', async ({ change, what }) => {
  const host = await hosts.open();
  await host.stop();
  // In the agent's mirror, where a fetch for another tenant would do it.
  await host.start({ fault: { n: 1, script: `git --git-dir="$(echo ${host.stateFolder}/mirrors/*.git)" ${change}` } });
  const { result, events } = await host.upgrade({ version: 'v0.2.0' });
  expect(result).toMatchObject({ status: 'success', current_version: 'v0.2.0' });
  expect(events.flatMap((event) => (event.type === 'warning' ? [event.text] : []))).toEqual([
    expect.stringContaining(`the tag v0.2.0 was ${what} meanwhile; this upgrade still uses the commit`),
  ]);
  expect(await host.look()).toMatchObject({ head: 'v0.2.0', serves: 'v0.2.0' });
});
