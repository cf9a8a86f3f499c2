// A tenant host on a machine of tests: the agent as a unit, and sites, each of a user of its own with its service as a unit.
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { uuidv7 } from 'uuidv7';
import { findPackageRoot } from '../../../deploy/demo/app/find_package_root.js';
import { writeYaml } from '../../../deploy/demo/write_yaml.js';
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
  /** The same, and returns once a hook or a migration has begun. Throws if the upgrade ends before that. */
  askInto(site: Site, version: string, name: string): Promise<string>;
  /** The whole stream once it has ended, whichever agents there were meanwhile. */
  follow(site: Site, id: string): Promise<FollowedStream>;
  /** The ids of the upgrades that it has a journal of. */
  listUpgrades(): string[];
  /** Lines of a journal so far. */
  readJournal(id: string): string[];
  /** Returns once the journal of an upgrade is so. */
  seeJournal(id: string, isSo: (lines: readonly string[]) => boolean, signal?: AbortSignal): Promise<void>;
  /** Returns once an agent listens that has another process than this, and its pid. */
  seeAgent(before?: string): Promise<string>;
  agentPid(): Promise<string>;
  /** Returns once the agents have logged a line with all of these in it. */
  seeLog(parts: readonly string[], signal?: AbortSignal): Promise<void>;
  close(): void;
}

export interface SiteHostWish {
  slugs: readonly string[];
  /** The URL of the repository. */
  repo: string;
  /** By default where the guide has it. */
  stateFolder?: string;
  /** Added to what all tenant files have in common; and what the file of a site says besides, by its index. */
  tenantKeys?: Readonly<Record<string, unknown>>;
  keysOf?: (index: number) => Readonly<Record<string, unknown>>;
  /** Added to agent.yaml. */
  agentKeys?: Readonly<Record<string, unknown>>;
  /** The environment of the agent. */
  env?: Readonly<Record<string, string>>;
}

export const agentUnit = 'drover-agent.service';
const root = findPackageRoot(import.meta.dirname);
const program = path.join(root, 'dist/agent/main.js');
const shippedUnit = path.join(root, 'deploy/systemd', agentUnit);
/** The log of the agents. */
const agentLog = '/var/log/drover-agent.log';
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

/** What differs from the unit that is shipped, whose other lines count here as well. */
const agentDropIn = (env: Readonly<Record<string, string>>) => `[Service]
${Object.entries(env)
  .map(([name, value]) => `Environment="${name}=${value}"\n`)
  .join('')}ExecStart=
ExecStart=${process.execPath} ${program} run
RestartSec=0
StandardError=append:${agentLog}
# The folders of tests may lie in /dev/shm.
PrivateDevices=no
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
  await machine.write(path.join(unitFolder, agentUnit), readFileSync(shippedUnit, 'utf8'));
  mkdirSync(machine.locate(path.join(unitFolder, `${agentUnit}.d`)));
  await machine.write(path.join(unitFolder, `${agentUnit}.d/test.conf`), agentDropIn(wish.env ?? {}));
  const keys = {
    host: 'test-host',
    state_dir: stateFolder,
    tenant_defaults: { ...defaults(wish.repo), ...wish.tenantKeys },
    ...wish.agentKeys,
  };
  await writeYaml(machine.locate('/etc/drover/agent.yaml'), keys);
  for (const [index, slug] of slugs.entries()) {
    await writeYaml(machine.locate(`/etc/drover/tenants.d/${slug}.yaml`), wish.keysOf?.(index) ?? {});
  }
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
  const seeJournal: SiteHost['seeJournal'] = async (id, isSo, signal) => {
    const folder = folderOf(id);
    for (;;) {
      await seeChange(path.dirname(folder), () => existsSync(folder), signal);
      // An agent that finds no event in it makes the folder anew.
      const made = readBirth(folder);
      const isAnother = () => readBirth(folder) !== made;
      await seeChange(folder, () => isAnother() || isSo(readJournal(id)), signal).catch((error: unknown) => {
        if (!isAnother()) throw error;
      });
      if (!isAnother()) return;
    }
  };
  const ask: SiteHost['ask'] = async ({ slug }, version) => {
    const id = uuidv7();
    const client = await connect(slug);
    // The agent may be ended before it answers.
    await client.ask({ version }, { id }).catch(() => null);
    return id;
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
    ask,
    async askInto(site, version, name) {
      const id = await ask(site, version);
      const waiting = new AbortController();
      const { signal } = waiting;
      const finish = seeJournal(id, hasFinished, signal).then(() => {
        throw new Error(`${version} ended before ${name}: ${readJournal(id).at(-1)}`);
      });
      await Promise.race([site.seeRun(name, { signal }), finish]).finally(() => waiting.abort());
      return id;
    },
    async follow({ slug }, id) {
      await seeJournal(id, hasFinished);
      await seeAgent();
      return (await connect(slug)).follow(id);
    },
    listUpgrades: () => readdirSync(path.dirname(folderOf('any'))),
    readJournal,
    seeJournal,
    seeAgent,
    agentPid,
    seeLog(parts, signal) {
      const log = machine.locate(agentLog);
      return seeChange(path.dirname(log), () => isLogged(readLines(log), parts), signal);
    },
    close() {
      for (const client of clients) client.close();
    },
  };
}

/** Tells a folder from another one that had its name before; null where there is none. */
const readBirth = (folder: string) => statSync(folder, { bigint: true, throwIfNoEntry: false })?.birthtimeNs ?? null;

/** Of the lines of a journal: the upgrade has ended. */
export const hasFinished = (lines: readonly string[]) => lines.at(-1)?.includes('"type":"finish"') === true;

const isLogged = (lines: readonly string[], parts: readonly string[]) =>
  lines.some((line) => parts.every((part) => line.includes(part)));

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
