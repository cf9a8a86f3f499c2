// Looks up the accounts that a tenant file's commands name, and checks that no other user can change what runs as them.
import { AppError } from '../../../shared/errors.js';
import type { FoundProblems } from '../../../shared/config/config_source.js';
import type { User } from '../../command/spec.js';
import type { FindUser } from '../../command/user.js';
import { checkTrustedFolder } from '../../../shared/os/trusted/folder.js';
import { checkWord } from '../../tenant/check_accounts.js';
import { listCommands } from '../tenant_file/list_commands.js';
import type { RightKeys } from '../tenant_file/parse_tenant.js';
import type { TenantFile } from '../tenant_file/tenant_config.js';

type CheckedKeys = RightKeys & Pick<TenantFile, 'app_dir' | 'data_dir'>;

/** The accounts by name; what is wrong with them, and with the words of their commands, goes to `found`. */
export async function loadAccounts(
  file: CheckedKeys,
  found: Pick<FoundProblems, 'forKey'>,
  host: { agentUser: User; findUser: FindUser },
): Promise<Record<string, User>> {
  const accounts: Record<string, User> = {};
  const tenant = { appDir: file.app_dir, dataDir: file.data_dir };
  for (const { key, command } of listCommands(file)) {
    if (Array.isArray(command)) continue;
    const account = await found.forKey([...key, 'user'], () => findAccount(command.user, host));
    if (account === null) continue;
    for (const [index, word] of command.run.entries()) {
      await found.forKey([...key, 'run', index], () => checkWord(word, { isProgram: index === 0, account, tenant }));
    }
    accounts[command.user] = account;
  }
  await checkBackups(file, found, accounts);
  return accounts;
}

async function findAccount(
  name: string,
  { agentUser: agent, findUser }: { agentUser: User; findUser: FindUser },
): Promise<User> {
  const account = await findUser(name);
  if (agent.uid === 0 || agent.uid === account.uid) return account;
  throw new AppError('config', `the agent runs as ${agent.name}, and cannot run a command as ${name}`, {
    hint: 'run the agent as root, or write the command as a list of words',
  });
}

/** Another account must not write into a folder where the tenant could place a symbolic link. */
async function checkBackups(
  { database = 'none' }: CheckedKeys,
  found: Pick<FoundProblems, 'forKey'>,
  accounts: Readonly<Record<string, User>>,
): Promise<void> {
  if (database === 'none' || !('backup' in database) || Array.isArray(database.backup)) return;
  const { user } = database.backup;
  const { backup_dir: folder } = database;
  const account = accounts[user];
  if (account === undefined) return;
  await found.forKey(['database', 'backup_dir'], async () => {
    if (folder !== undefined) return checkTrustedFolder(folder, { trusted: account });
    throw new AppError('config', `is missing; backups that ${user} writes need a folder that the tenant cannot write`, {
      hint: `install -d -o ${user} -m 0700 /var/backups/${user}, and name that folder`,
    });
  });
}
