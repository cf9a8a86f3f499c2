// Creates the table of notes.
import { openDatabase } from '../db.mjs';

const db = await openDatabase();
db.exec('CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)');
db.close();
console.log('Created the table of notes');
