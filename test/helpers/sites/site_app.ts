// The app of the sites: a release is a few files, its service holds no port, and each of its hooks and migrations waits
// while the test wants it to.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeRepository, type TestRepository } from '../git/git_repository.js';

/** `base`: what sites begin with. The others stand on it: one that succeeds, and one whose second migration fails. */
export const releases = { base: 'v1.0.0', good: 'v1.1.0', bad: 'v1.2.0' } as const;

export const phases = ['pre-pull', 'post-pull', 'pre-migrate', 'post-migrate'] as const;

/** Notes its begin and its end, and waits while `gate.NAME` is in the data folder. */
const wait = (name: string) => `echo "$DEPLOY_TAG ${name}" >>"$DATA_DIR/runs.log"
sync "$DATA_DIR/runs.log"
while [ -e "$DATA_DIR/gate.${name}" ]; do sleep 0.02; done
`;
const end = (name: string) => `echo "$DEPLOY_TAG ${name} ended" >>"$DATA_DIR/runs.log"\n`;
const hook = (phase: string) => `#!/bin/bash
echo "${phase} begins"
${wait(phase)}echo "${phase} of $DEPLOY_TAG" >>"$DATA_DIR/made.txt"
touch "$APP_DIR/.release-$DEPLOY_TAG-${phase}-done"
echo "${phase} ends"
${end(phase)}`;
const migration = (name: string, sql: string) => `DEPLOY_TAG=\${DEPLOY_TARGET_TAG:-$DEPLOY_TAG}
${wait(name)}sqlite3 "$DATA_DIR/app.db" "${sql}" || exit
${end(name)}`;

/** Serves the version that it was started with. */
const serve = `#!/bin/sh
cat VERSION >>"$DATA_DIR/starts.log"
sync "$DATA_DIR/starts.log"
cp VERSION "$DATA_DIR/serves.new" && mv "$DATA_DIR/serves.new" "$DATA_DIR/serves"
exec sleep infinity
`;
const health = `#!/bin/sh
exec cmp --quiet VERSION "$DATA_DIR/serves"
`;

const hooksOf = (tag: string) =>
  Object.fromEntries(phases.map((phase) => [`release/${tag}.${phase}.sh`, hook(phase)] as const));

/** Makes the repository with the releases. */
export function makeSiteApp(folder: string): TestRepository {
  const app = makeRepository(folder);
  release(app, releases.base, { 'bin/serve': serve, 'bin/health': health });
  const addTable = { 'scripts/add_table.sh': migration('migrate', 'CREATE TABLE added (id)') };
  release(app, releases.good, { ...hooksOf(releases.good), ...addTable });
  app.git('checkout', '--quiet', '-B', 'side', releases.base);
  const failing = {
    'scripts/break_table.sh': migration('break', 'DELETE FROM notes; SELECT no_such_column FROM notes'),
  };
  release(app, releases.bad, { ...hooksOf(releases.bad), ...addTable, ...failing });
  return app;
}

/** Adds a release that stands on the first one, and has these files. */
export function addSiteRelease(app: TestRepository, tag: string, files: Readonly<Record<string, string>>): void {
  app.git('checkout', '--quiet', '-B', 'side', releases.base);
  release(app, tag, files);
}

function release(app: TestRepository, tag: string, files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries({ VERSION: `${tag}\n`, ...files })) {
    const file = path.join(app.folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
    if (content.startsWith('#!')) chmodSync(file, 0o755);
  }
  app.release(tag, {});
}
