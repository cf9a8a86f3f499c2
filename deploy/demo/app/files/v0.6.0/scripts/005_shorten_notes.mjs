// Shortens every note to a title. This release is broken on purpose: the migration fails half-way, when every note is
// already cut short, because the column that it wants to add has been there since v0.2.0.
import { openDatabase } from '../db.mjs';

const db = await openDatabase();
db.exec('UPDATE notes SET text = substr(text, 1, 8)');
console.log('Shortened the notes');
db.exec('ALTER TABLE notes ADD COLUMN author TEXT');
db.close();
