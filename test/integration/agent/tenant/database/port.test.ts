// Every adapter of the port to a database keeps its contract.
import { chownSync, readFileSync, writeFileSync } from 'node:fs';
import { nobody } from '../../../../helpers/agent/run_commands.js';
import { describeDatabase } from './describe_database.js';
import { execute, makePersons, makeTenant, readValues } from './tenant_database.js';

describeDatabase('SQLite', () => {
  const { database, context, file } = makeTenant();
  const write = (data: string) => execute(file, 'DELETE FROM person', `INSERT INTO person (name) VALUES ('${data}')`);
  makePersons(file, 'wal');
  write('old');
  return { database, context, write, read: () => readValues(file).join() };
});

describeDatabase('SQLite of two files', () => {
  const { database, context, folder } = makeTenant({ sqlite: ['a.db', 'b.db'], keep: 5, allow_writers: false });
  const files = ['a.db', 'b.db'].map((name) => `${folder}/${name}`);
  const write = (data: string) => {
    for (const file of files) execute(file, 'DELETE FROM person', `INSERT INTO person (name) VALUES ('${data}')`);
  };
  for (const file of files) makePersons(file, 'wal');
  write('old');
  return { database, context, write, read: () => [...new Set(files.flatMap((file) => readValues(file)))].join() };
});

describeDatabase('configured', () => {
  const { database, context, folder } = makeTenant({
    backup: ['cp', 'data', '{file}'],
    restore: ['cp', '{file}', 'data'],
    fingerprint: ['sha256sum', 'data'],
    keep: 5,
  });
  const data = `${folder}/data`;
  writeFileSync(data, 'old');
  chownSync(data, nobody.uid, nobody.gid);
  return { database, context, write: (text) => writeFileSync(data, text), read: () => readFileSync(data, 'utf8') };
});
