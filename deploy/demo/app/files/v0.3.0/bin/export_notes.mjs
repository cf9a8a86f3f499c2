// Prints every note as it stands in the database, as JSON.
import { openDatabase } from '../db.mjs';

const db = await openDatabase();
console.log(JSON.stringify(db.prepare('SELECT * FROM notes ORDER BY id').all(), null, 2));
db.close();
