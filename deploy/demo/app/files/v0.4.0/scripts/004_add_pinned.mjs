// Lets notes be pinned, and pins the first one.
import { openDatabase } from '../db.mjs';

const db = await openDatabase();
db.exec(`
  BEGIN;
  ALTER TABLE notes ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
  UPDATE notes SET pinned = 1 WHERE id = (SELECT min(id) FROM notes);
  COMMIT;
`);
db.close();
console.log('Notes can be pinned now');
