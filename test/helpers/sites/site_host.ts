// A tenant host on a machine of tests: the agent as a unit, and sites, each of a user of its own with its service as a unit.
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { uuidv7 } from 'uuidv7';
import { stringify } from 'yaml';
import { findPackageRoot } from '../../../deploy/demo/app/find_package_root.js';
import { connectClient, type FollowedStream, type UpgradeClient } from '../agent/upgrade_client.js';
import type { Machine } from '../machine/machine.js';
import { seeChange } from '../see_change.js';
import { openSite, readLines, unitOf, type Site } from './site.js';
import { releases } from './site_app.js';

export interface SiteHost {
  machine: Machine;
  sites: readonly Site[];
  stateFolder: string;
  /** A connection to the agent, which `close` closes. */
  connect(slug: string): Promise<UpgradeClient>;
  /** Asks for an upgrade; returns its id once the agent has it. */
  ask(site: Site, version: string): Promise<string>;
  /** The whole stream once it has ended, whichever agents there were meanwhile. */
  follow(site: Site, id: string): Promise<FollowedStream>;
  /** Lines of its journal so far. */
  readJournal(id: string): string[];
  /** Returns once the journal of an upgrade is so. */
  seeJournal(id: string, isSo: (lines: readonly string[]) => boolean): Promise<void>;
  /** Returns once an agent listens that has another process than this, and its pid. */
  seeAgent(before?: string): Promise<string>;
  agentPid(): Promise<string>;
  close(): void;
}

export interface SiteHostWish {
  slugs: readonly string[];
  /** The URL of the repository. */
  repo: string;
  /** By default where the guide has it. */
  stateFolder?: string;
  /** Added to agent.yaml. */
  agentKeys?: Readonly<Record<string, unknown>>;
  /** The environment of the agent. */
  env?: Readonly<Record<string, string>>;
}

export const agentUnit = 'drover-agent.service';
const program = path.join(findPackageRoot(import.meta.dirname), 'dist/agent/main.js');
const unitFolder = '/etc/systemd/system';

const siteUnit = `[Unit]
StartLimitIntervalSec=0
[Service]
User=%i
WorkingDirectory=/srv/sites/%i/app
Environment=DATA_DIR=/srv/sites/%i/data
ExecStart=/srv/sites/%i/app/bin/serve
[Install]
WantedBy=multi-user.target
`;

const agentFile = (env: Readonly<Record<string, string>>) => `[Unit]
StartLimitIntervalSec=0
[Service]
ExecStart=${process.execPath} ${program} run
${Object.entries(env)
  .map(([name, value]) => `Environment="${name}=${value}"\n`)
  .join('')}KillMode=process
Restart=always
RestartSec=0
[Install]
WantedBy=multi-user.target
`;

/** Makes accounts, work trees, databases and services of all sites at once. */
const makeSites = `set -e
repo=$1 base=$2; shift 2
mkdir -p /srv/sites
git clone --quiet --bare "$repo" /srv/app.git
for slug in "$@"; do
  useradd --home-dir "/srv/sites/$slug" --no-create-home --shell /bin/sh "$slug"
  mkdir -p "/srv/sites/$slug/data"
  git -c advice.detachedHead=false clone --quiet --branch "$base" /srv/app.git "/srv/sites/$slug/app"
  sqlite3 "/srv/sites/$slug/data/app.db" "CREATE TABLE notes (text); INSERT INTO notes VALUES ('kept')"
  chown -R "$slug:$slug" "/srv/sites/$slug"
done
`;

/** Makes sites and agent; both run when it returns. */
export async function installSites(machine: Machine, wish: SiteHostWish): Promise<SiteHost> {
  const { slugs, stateFolder = '/var/lib/drover' } = wish;
  const units = slugs.map((slug) => unitOf(slug));
  await machine.run(['sh', '-c', makeSites, 'sh', wish.repo, releases.base, ...slugs]);
  mkdirSync(machine.locate('/etc/drover/tenants.d'), { recursive: true });
  await machine.write(path.join(unitFolder, 'site@.service'), siteUnit);
  await machine.write(path.join(unitFolder, agentUnit), agentFile(wish.env ?? {}));
  const keys = { host: 'test-host', state_dir: stateFolder, tenant_defaults: defaults(wish.repo), ...wish.agentKeys };
  await machine.write('/etc/drover/agent.yaml', stringify(keys));
  for (const slug of slugs) await machine.write(`/etc/drover/tenants.d/${slug}.yaml`, '{}\n');
  await machine.run(['systemctl', 'daemon-reload']);
  await machine.run(['systemctl', 'enable', '--quiet', '--now', agentUnit, ...units]);

  const clients: UpgradeClient[] = [];
  const folderOf = (id: string) => path.join(machine.locate(stateFolder), 'upgrades', id);
  const readJournal: SiteHost['readJournal'] = (id) => readLines(path.join(folderOf(id), 'journal.jsonl'));
  const agentPid = () => machine.run(['systemctl', 'show', '--property=MainPID', '--value', agentUnit]);
  const connect: SiteHost['connect'] = async (slug) => {
    const client = await connectClient(machine.locate(path.join(stateFolder, 'agent.sock')), slug);
    clients.push(client);
    return client;
  };
  const seeJournal: SiteHost['seeJournal'] = async (id, isSo) => {
    const folder = folderOf(id);
    await seeChange(path.dirname(folder), () => existsSync(folder));
    await seeChange(folder, () => isSo(readJournal(id)));
  };
  const seeAgent: SiteHost['seeAgent'] = async (before) => {
    const folder = machine.locate(stateFolder);
    let pid = '';
    await seeChange(folder, async () => {
      pid = await agentPid();
      if (pid === before || pid === '0' || !existsSync(path.join(folder, 'agent.sock'))) return false;
      return connectClient(path.join(folder, 'agent.sock'), '').then(
        (client) => (client.close(), true),
        () => false,
      );
    });
    return pid;
  };
  await seeChange(machine.locate(path.dirname(stateFolder)), () => existsSync(machine.locate(stateFolder)));
  await seeAgent();
  return {
    machine,
    sites: slugs.map((slug) => openSite(machine, slug)),
    stateFolder,
    connect,
    async ask({ slug }, version) {
      const id = uuidv7();
      const client = await connect(slug);
      // The agent may be ended before it answers.
      await client.ask({ version }, { id }).catch(() => null);
      return id;
    },
    async follow({ slug }, id) {
      await seeJournal(id, (lines) => lines.at(-1)?.includes('"type":"finish"') === true);
      await seeAgent();
      return (await connect(slug)).follow(id);
    },
    readJournal,
    seeJournal,
    seeAgent,
    agentPid,
    close() {
      for (const client of clients) client.close();
    },
  };
}

const defaults = (repo: string) => ({
  app_dir: '/srv/sites/{slug}/app',
  data_dir: '/srv/sites/{slug}/data',
  user: '{slug}',
  repo,
  trust: 'any-tag',
  services: ['site@{slug}.service'],
  database: { sqlite: 'app.db' },
  requirements: 'none',
  migrations: { files: 'scripts/*.sh', run: ['sh', '{file}'] },
  health: { command: ['bin/health'], interval: '20ms', timeout: '5s' },
  grace: '500ms',
});
