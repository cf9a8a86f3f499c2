// What an upgrade costs whose commands run in units of systemd, against one whose commands run without.
import { releases } from '../../helpers/sites/site_app.js';
import { openSites, type OpenSites } from '../../helpers/sites/open_sites.js';
import { asRoot } from '../as_root.js';
import { readManagerCpuMs } from '../manager_cpu.js';
import { measurePairs, timeSeconds } from '../measure.js';
import type { Row } from '../row.js';

const pairs = 7;

export const upgradeUnits: Row = {
  name: 'upgrade-units',
  what: 'a whole upgrade by an agent in its unit, with four trivial hooks and a migration in units, against the plain launcher',
  unit: 's',
  bound: 'ratio',
  limit: 1.5,
  target: 1.25,
  measure: asRoot(async () => {
    const opened: OpenSites[] = [];
    const open = async (launcher: string) => {
      const sites = await openSites({ count: pairs + 1, agentKeys: { launcher } });
      opened.push(sites);
      return countUpgrades(sites);
    };
    try {
      const [units, plain] = [await open('systemd'), await open('plain')];
      // The first upgrade of each makes mirrors and warms caches.
      await units.upgrade();
      await plain.upgrade();
      const [ofUnits, ofPlain] = [await units.watchManager(), await plain.watchManager()];
      const measured = await measurePairs({ pairs, figure: () => units.upgrade(), control: () => plain.upgrade() });
      const [busy, less] = [await ofUnits(), await ofPlain()].map((ms) => Math.round(ms / pairs));
      return { measured, remark: `of PID 1 an upgrade takes ${busy} ms of CPU, ${less} ms without units` };
    } finally {
      await Promise.all(opened.map((sites) => sites.close()));
    }
  }),
};

function countUpgrades(sites: OpenSites) {
  const { host } = sites;
  return {
    /** Seconds of an upgrade of the next site. */
    upgrade() {
      const site = sites.take();
      return timeSeconds(async () => {
        const { result } = await host.follow(site, await host.ask(site, releases.good));
        if (result.status !== 'success') throw new Error(`the upgrade is ${result.status}`);
      });
    },
    /** Begins to count; what it gives tells the milliseconds of CPU of this machine's systemd since then. */
    async watchManager() {
      const before = await readManagerCpuMs(host.machine);
      return async () => (await readManagerCpuMs(host.machine)) - before;
    },
  };
}
