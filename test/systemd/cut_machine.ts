// Upgrades of sites whose machine loses its power at an event of the journal, and boots again.
import { planFault, seeFaults } from '../helpers/sites/site_faults.js';
import type { Site, SiteView } from '../helpers/sites/site.js';
import type { SiteHost } from '../helpers/sites/site_host.js';
import { putBack, upgraded, type outcomes } from './ended_agent.js';

/** Agent and sites are on the disk that loses what was not synced. */
export const cuttable = { machine: { disk: '/srv' }, stateFolder: '/srv/drover' } as const;

/** Runs an upgrade. Right after the event is written the agent does nothing any more, and the power is cut. */
export async function cutAt(
  { host, site, version }: { host: SiteHost; site: Site; version: keyof typeof outcomes },
  at: string,
) {
  await host.machine.run(['sync', '--file-system', cuttable.machine.disk]);
  planFault(host.machine, at, 'exec sleep infinity');
  const asking = host.ask(site, version);
  await seeFaults(host.machine);
  await host.machine.cutPower();
  const { result, seamless } = await host.follow(site, await asking);
  const { status, failure } = result;
  const why = failure === null ? null : `${failure.step} ${failure.code}`;
  return { status, why, seamless, view: squeeze(await site.look()) };
}

const once = (lines: readonly string[]) => lines.filter((line, index) => line !== lines[index - 1]);

/** A hook that was interrupted runs again, and a boot starts what runs. */
function squeeze(view: SiteView): SiteView {
  return { ...view, runs: once(view.runs), made: once(view.made), starts: once(view.starts) };
}

/** A migration that was interrupted is undone; all else ends as if the power had stayed. */
export function expectedAfterCut({ status, why }: { status: string; why: string | null }, version: string) {
  const whole = { seamless: true, status, why };
  if (why === 'migrate command-lost') {
    const { runs: _runs, made: _made, ...view } = squeeze(putBack);
    return { ...whole, status: 'rolled_back', view };
  }
  const isGood = version === upgraded.head;
  return isGood
    ? { ...whole, status: 'success', why: null, view: squeeze(upgraded) }
    : { ...whole, status: 'rolled_back', why: 'migrate command-failed', view: squeeze(putBack) };
}
