// Gives every note an author.
import { openDatabase } from '../db.mjs';

const db = await openDatabase();
db.exec("ALTER TABLE notes ADD COLUMN author TEXT NOT NULL DEFAULT 'anonymous'");
db.close();
console.log('Notes have authors now');
