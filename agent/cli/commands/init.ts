// `drover-agent init`: writes a tenant file from what it finds of an app that is installed already.
import path from 'node:path';
import { z } from 'zod';
import { toYaml } from '../../../shared/config/yaml.js';
import { writeNewTrustedFile } from '../../../shared/os/trusted/write_file.js';
import { tenant } from '../../../shared/terminal/inputs.js';
import { loadAgentConfig } from '../../config/load.js';
import { agentLimits } from '../../limits.js';
import { keepBraces } from '../../config/tenant_file/fill_in.js';
import { tenantFileSchema } from '../../config/tenant_file/tenant_config.js';
import { defineCommand } from '../agent_command.js';
import { findInstallation, type Installation } from '../find_installation.js';

const unitFolders = ['/etc/systemd/system', '/run/systemd/system', '/usr/lib/systemd/system'];
const placeholder = 'https://git.example.com/CHANGE-ME.git';

export const command = defineCommand({
  arguments: ['<tenant>'],
  options: {
    '--app-dir <folder>': 'the git work tree of the app; without it likely folders are tried',
    '--user <account>': "the tenant's account; by default the one of the tenant's name, or the owner of the folder",
  },
  help: `Writes TENANT.yaml into the folder of tenant files, and says what it could not find
out. It looks as the tenant's account, changes nothing of the app, and replaces no
file. Read the file before you use it; \`drover-agent check\` checks it.

Examples:
  drover-agent init testsite
  drover-agent init testsite --app-dir /srv/testsite/app --user www-data

Exit codes: 0 written, 2 refused.
`,
  input: z.object({ tenant, appDir: z.string().min(1).optional(), user: z.string().min(1).optional() }),
  async execute({ screen, json, configFile }, { tenant, appDir, user }) {
    const config = await loadAgentConfig(configFile);
    const wish = { appDir: appDir ?? null, user: user ?? null, unitFolders };
    const { keys, unknown } = describeTenant(await findInstallation(tenant, wish));
    const file = path.join(config.tenants_dir, `${tenant}.yaml`);
    const defaults = new Set(Object.keys(config.tenant_defaults.value));
    // A placeholder must not replace what the defaults say.
    const written = Object.entries(keys).filter(([key]) => !(unknown.has(key) && defaults.has(key)));
    const missing = [...unknown].filter(([key]) => !defaults.has(key));
    const notes = missing.map(([key, why]) => `# ${key}: ${why}\n`).join('');
    await writeNewTrustedFile(file, `${notes}${toYaml(Object.fromEntries(written))}`, 0o644);
    if (json) screen.printJson({ tenant, file, not_found: Object.fromEntries(missing) });
    else {
      screen.print(`wrote ${file}`);
      for (const [key, why] of missing) screen.print(`  ${key}: ${why}`);
      screen.print(`Read it, then check it: drover-agent check ${file}`);
    }
    return 0;
  },
});

/** What is not found out, and what to do then. */
const remedies = {
  data_dir: 'there is no database to find it by, so the app is named; name the folder of its data',
  repo: 'the work tree has no remote that can be used; name the repository here',
  services:
    'no unit has its WorkingDirectory in the app; name units, or commands that start and stop the services and say whether they run',
  database: 'no SQLite file was found, or too many; name the database, or the commands that back it up and restore it',
  requirements: 'no requirements.txt was found; name what installs the requirements, if anything does',
  migrations: 'cannot be found out; name what migrates the database, if anything does',
  health: 'cannot be found out; name a URL that answers 2xx while the app is healthy',
};

/** The keys of the file, and of those that could not be found what to do. */
function describeTenant(found: Installation): { keys: Record<string, unknown>; unknown: Map<string, string> } {
  const { appDir, dataDir, user, repo, databases, requirements, units } = found;
  const isRepo = repo !== null && tenantFileSchema.shape.repo.safeParse(repo).success;
  const isDatabase = databases.length > 0 && databases.length <= agentLimits.databaseFiles.max;
  const isMissing: Record<keyof typeof remedies, boolean> = {
    data_dir: databases.length === 0,
    repo: !isRepo,
    services: units.length === 0,
    database: !isDatabase,
    requirements: requirements === null,
    migrations: true,
    health: true,
  };
  const unknown = new Map(Object.entries(remedies).filter(([key]) => Reflect.get(isMissing, key) === true));
  const files = databases.map(keepBraces);
  const [first = ''] = files;
  const keys = {
    app_dir: keepBraces(appDir),
    data_dir: keepBraces(dataDir),
    user,
    repo: isRepo ? keepBraces(repo) : placeholder,
    trust: 'any-tag',
    services: units.length === 0 ? 'none' : units,
    database: isDatabase ? { sqlite: files.length === 1 ? first : files } : 'none',
    requirements: requirements ?? 'none',
    migrations: 'none',
    health: 'none',
  };
  return { keys, unknown };
}
