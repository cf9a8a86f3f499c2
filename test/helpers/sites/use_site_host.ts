// A machine with sites for the tests of a file: one boot, and a site that nobody has used for each test.
import { afterAll, beforeAll } from 'vitest';
import { openSites, type OpenSites, type SitesWish } from './open_sites.js';
import type { Site } from './site.js';
import type { SiteHost } from './site_host.js';

/** To be called once per file, or per `describe`. */
export function useSites(wish: SitesWish): { host(): SiteHost; take(): Site } {
  let sites: OpenSites | null = null;
  beforeAll(async () => {
    sites = await openSites(wish);
  });
  afterAll(() => sites?.close());
  const opened = () => {
    if (sites === null) throw new Error('the machine is not up');
    return sites;
  };
  return { host: () => opened().host, take: () => opened().take() };
}
