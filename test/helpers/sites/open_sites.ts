// Opens a machine with sites, each of which is used once.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestRepository } from '../git/git_repository.js';
import { bootMachine, type MachineOptions } from '../machine/machine.js';
import { makeSiteApp } from './site_app.js';
import type { Site } from './site.js';
import { installSites, type SiteHost, type SiteHostWish } from './site_host.js';

export interface SitesWish extends Omit<SiteHostWish, 'slugs' | 'repo'> {
  /** How many sites there are. */
  count: number;
  /** Adds releases before the machine boots. */
  addReleases?: (app: TestRepository) => void;
  machine?: MachineOptions;
}

export interface OpenSites {
  host: SiteHost;
  /** One that was not taken before. */
  take(): Site;
  close(): Promise<void>;
}

/** Makes the app, boots the machine and installs the sites. */
export async function openSites({ count, addReleases, machine: options, ...wish }: SitesWish): Promise<OpenSites> {
  const folder = mkdtempSync(path.join(tmpdir(), 'drover-sites-'));
  chmodSync(folder, 0o755);
  const app = makeSiteApp(path.join(folder, 'app'));
  addReleases?.(app);
  const machine = await bootMachine({ ...options, readOnly: [folder] });
  const remove = async () => {
    await machine.stop();
    rmSync(folder, { recursive: true });
  };
  try {
    const slugs = Array.from({ length: count }, (_, index) => `site${index + 1}`);
    const host = await installSites(machine, { ...wish, slugs, repo: app.url });
    let taken = 0;
    return {
      host,
      take() {
        const site = host.sites[taken];
        if (site === undefined) throw new Error(`there are only ${count} sites`);
        taken += 1;
        return site;
      },
      async close() {
        host.close();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** How many events the journal of an upgrade has that nobody disturbs. */
export async function countEvents(version: string): Promise<number> {
  const sites = await openSites({ count: 1 });
  try {
    const site = sites.take();
    return (await sites.host.follow(site, await sites.host.ask(site, version))).events.length;
  } finally {
    await sites.close();
  }
}
