// The releases of a chaos run: each new one stands on the last good one, and goes well or wrong as its kind says.
import { runProgram } from '../../deploy/demo/run_program.js';
import type { AppRepository } from '../../deploy/demo/app/make_app_repository.js';
import { addReleaseOn } from '../helpers/agent/agent_host.js';
import { deleteNotes } from '../e2e/upgrade/hosts.js';

/** The version that every tenant begins with. */
export const firstVersion = 'v0.1.0';

/** `good` ones have hooks and a migration. Only a service of `unhealthy-writing` takes notes, which a rollback loses. */
export const releaseKinds = [
  'plain',
  'good',
  'failing-hook',
  'failing-migration',
  'unhealthy',
  'unhealthy-writing',
] as const;
export type ReleaseKind = (typeof releaseKinds)[number];

export interface Releases {
  /** Tags another release; returns its tag. */
  add(kind: ReleaseKind): Promise<string>;
  /** The tags above this one, in order. */
  above(tag: string): string[];
  /** The tables that the migrations of this release and of those below it have made. */
  tablesOf(tag: string): Promise<string[]>;
}

const numberOf = (tag: string) => Number(tag.replace('v0.1.', ''));

/** A hook that writes down that it runs, and prints while it does. */
const hook = (body: string) => `#!/bin/bash
echo "$DEPLOY_UPGRADE_ID $DEPLOY_TAG $DEPLOY_PHASE" >>"$DATA_DIR/chaos-hooks.log"
for n in 1 2 3 4 5 6 7 8; do echo "line $n of $DEPLOY_PHASE"; sleep 0.05; done
${body}
`;

const migration = (table: string, body: string) => `import { appendFileSync } from 'node:fs';
import { openDatabase } from '../db.mjs';
const { DATA_DIR, DEPLOY_UPGRADE_ID } = process.env;
appendFileSync(DATA_DIR + '/chaos-migrations.log', DEPLOY_UPGRADE_ID + ' ${table}\\n');
const db = await openDatabase();
db.exec('CREATE TABLE ${table} (id INTEGER)');
for (let n = 1; n <= 5; n += 1) {
  console.log('row ' + n);
  db.exec('INSERT INTO ${table} VALUES (' + n + ')');
  await new Promise((resolve) => setTimeout(resolve, 40));
}
${body}
db.close();
`;

const healthy = "[200, { status: 'ok', version }]";
const adding = '[201, notes.add(await json(request))]';

/** Releases of this repository, which has its first versions. */
export function createReleases(repository: AppRepository): Releases {
  const tags: string[] = [];
  let base = firstVersion;
  const show = (...words: string[]) => runProgram(['git', ...words], { cwd: repository.folder });

  async function filesOf(kind: ReleaseKind, tag: string): Promise<Record<string, string>> {
    const table = `m_${numberOf(tag)}`;
    const script = `scripts/${String(100 + numberOf(tag))}_${table}.mjs`;
    const server = await show('show', `${firstVersion}:server.mjs`);
    const broken = server.replace(healthy, "[500, { status: 'broken', version }]");
    switch (kind) {
      case 'plain':
        return {};
      case 'good':
        return {
          [`release/${tag}.sh`]: hook(''),
          [`release/${tag}.post-migrate.sh`]: hook(''),
          [script]: migration(table, ''),
        };
      case 'failing-hook':
        return { [`release/${tag}.post-migrate.sh`]: hook(`${deleteNotes}; exit 3`), [script]: migration(table, '') };
      case 'failing-migration':
        return { [script]: migration(table, "db.exec('DELETE FROM notes'); throw new Error('not this time');") };
      case 'unhealthy':
        return { [script]: migration(table, ''), 'server.mjs': broken.replace(adding, "[503, { error: 'broken' }]") };
      default:
        return { [`release/${tag}.pre-pull.sh`]: hook(''), [script]: migration(table, ''), 'server.mjs': broken };
    }
  }

  return {
    async add(kind) {
      const tag = `v0.1.${tags.length + 1}`;
      await addReleaseOn(repository, { base, tag }, await filesOf(kind, tag));
      tags.push(tag);
      if (kind === 'plain' || kind === 'good') base = tag;
      return tag;
    },
    above: (tag) => tags.filter((each) => numberOf(each) > numberOf(tag)),
    async tablesOf(tag) {
      const files = await show('ls-tree', '--name-only', tag, 'scripts/');
      return files.split('\n').flatMap((file) => /_(m_\d+)\.mjs$/.exec(file)?.[1] ?? []);
    },
  };
}
