// A program that a test runs: writes rows without end, and prints each one once its write has resolved.
import { writeSync } from 'node:fs';
import { openStoreDatabase } from '../../../controller/store/sqlite/database/database.js';

const database = openStoreDatabase(process.argv[2] ?? '');
for (let n = 1; ; n += 1) {
  const keys = Array.from({ length: 10 }, (_, index) => `${n}.${index}`);
  await Promise.all(
    keys.map((key) =>
      database
        .write((sql) => sql.run(`INSERT INTO keys VALUES ('', ?, '', '', '')`, [key]))
        .then(() => writeSync(1, `${key}\n`)),
    ),
  );
}
