// The key of a virtual environment: equal keys mean that one may stand for the other.
import { createHash } from 'node:crypto';
import { AppError } from '../../../shared/errors.js';
import { findCommands } from '../find_command.js';
import type { ReadContext } from '../site.js';
import { lookAt } from '../tenant_files.js';
import type { RequirementFiles } from './requirement_files.js';
import type { VenvConfig } from './schema.js';

const keyLength = 16;

/** In the folder of environments: its content is an input of the key, so a change of it has a new one built. */
export const rebuildName = 'rebuild';

/**
 * Prints what the environment depends on besides its requirements: its folder without links (its programs contain that
 * path), the interpreter without links, the file by which an operator asks for a new one, and pip's configuration.
 */
const inputsScript = `
pwd -P || exit 1
readlink -f -- "$1" || exit 1
head -c 4096 -- "$2" 2>/dev/null
for file in /etc/pip.conf "$HOME/.pip/pip.conf" "\${XDG_CONFIG_HOME:-$HOME/.config}/pip/pip.conf" "$3"; do
  if [ -f "$file" ]; then echo "$file"; head -c 65536 -- "$file"; fi
done
exit 0
`;

/** Everything that the environment for these files is made of. Throws AppError `missing-command`. */
export async function chooseVenvKey(
  { venv, python }: VenvConfig,
  { files, targetCommit }: { files: RequirementFiles; targetCommit: string },
  readContext: ReadContext,
): Promise<string> {
  const asked = files.entries.map((entry, index) => [entry.path, files.contents[index]?.toString('base64')]);
  const local = files.needsCheckout.length === 0 ? null : targetCommit;
  const options = Object.keys(readContext.site.env).filter((name) => name.startsWith('PIP_'));
  const pip = options
    .toSorted((left, right) => (left < right ? -1 : 1))
    .map((name) => [name, readContext.site.env[name]]);
  const inputs = [await readInputs({ venv, python }, readContext), venv, asked, local, pip];
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, keyLength);
}

async function readInputs({ venv, python }: Pick<VenvConfig, 'venv' | 'python'>, readContext: ReadContext) {
  const { site, probe } = readContext;
  const hint = 'Install Python with its venv module, or name the interpreter with `python` under `requirements`.';
  const [program = null] = await findCommands([[python]], readContext);
  if (program === null) {
    throw new AppError('missing-command', `requirements: python (${python}) is no executable file`, { hint });
  }
  const place = { user: site.user, cwd: site.appDir, env: site.env };
  const words = [program, `./${venv}.d/${rebuildName}`, site.env['PIP_CONFIG_FILE'] ?? ''];
  const [version, others] = await Promise.all([
    probe({ argv: [python, '-VV'], ...place }),
    lookAt({ probe, user: site.user }, { cwd: site.appDir, script: inputsScript, words }),
  ]);
  if (version.exitCode !== 0) {
    const what = `requirements: ${python} -VV: exit ${version.exitCode}: ${version.stderr.trim()}`;
    throw new AppError('missing-command', what, { hint });
  }
  if (others.exitCode !== 0) {
    throw new AppError('work-tree', `requirements: the inputs of ${venv} cannot be read: ${others.stderr.trim()}`);
  }
  return [`${version.stdout}${version.stderr}`.trim(), others.stdout];
}
