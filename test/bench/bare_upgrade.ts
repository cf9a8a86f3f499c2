// The control of an upgrade: a bash script that does the same commands in the order of the release-hook contract.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { DemoTenant } from '../../deploy/demo/app/make_tenant.js';
import { runProgram } from '../../deploy/demo/run_program.js';
import { backUpBare } from './bare_backup.js';
import { findProgram } from './find_program.js';
import { quoteWord } from '../../shared/os/quote_word.js';

/** Health checks as the agent makes them by default: three successes, 250 ms apart. */
const script = `#!/bin/bash
set -e
from=$1 to=$2 backup=$3 requirements=$4
export DEPLOY_TAG=$to DEPLOY_ENV=$5
cd "$APP_DIR"
bin/ctl stop
eval "$backup"
git fetch --quiet --tags origin
git describe --tags >/dev/null
git show "$to:release/$to.pre-pull.sh" | bash
git checkout --quiet "$to"
"release/$to.post-pull.sh"
if [ -n "$requirements" ]; then venv/bin/pip install --quiet -r "$requirements"; fi
"release/$to.pre-migrate.sh"
for migration in $(git diff --name-only --diff-filter=A "$from" "$to" -- scripts); do node "$migration"; done
"release/$to.post-migrate.sh"
echo "$to" >"$DATA_DIR/version"
bin/ctl start
good=0
until [ "$good" = 3 ]; do
  if curl --silent --fail --output /dev/null "http://127.0.0.1:$(cat "$DATA_DIR/port")/health"; then
    good=$((good + 1))
    if [ "$good" != 3 ]; then sleep 0.25; fi
  else
    good=0
    sleep 0.025
  fi
done
`;

export interface BareUpgrade {
  /** Upgrades the tenant and returns once it is healthy. */
  run(versions: { from: string; to: string }): Promise<void>;
  remark: string;
}

/** For a tenant that no agent knows; `requirements` is a file in its repository, for the `venv` in its work tree. */
export async function makeBareUpgrade(
  { appDir, dataDir, env, slug }: DemoTenant,
  { requirements = '' }: { requirements?: string } = {},
): Promise<BareUpgrade> {
  if ((await findProgram('curl')) === null) throw new Error('the control needs curl: apt-get install curl');
  const bare = await backUpBare();
  const file = path.join(dataDir, '../upgrade.sh');
  await writeFile(file, script);
  return {
    remark: `the control backs up with ${bare.name}`,
    async run({ from, to }) {
      const database = path.join(dataDir, 'notes.db');
      const backup = bare.command(database, `${database}.backup_${to}`).map(quoteWord).join(' ');
      await runProgram(['bash', file, from, to, backup, requirements, slug], { cwd: appDir, env });
    },
  };
}
