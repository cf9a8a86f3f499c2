// Moves the #tags out of the notes' text into a table of their own.
import { openDatabase } from '../db.mjs';

const db = await openDatabase();
db.exec('BEGIN');
db.exec('CREATE TABLE tags (note_id INTEGER NOT NULL REFERENCES notes, tag TEXT NOT NULL, PRIMARY KEY (note_id, tag))');
const addTag = db.prepare('INSERT OR IGNORE INTO tags (note_id, tag) VALUES (?, ?)');
const setText = db.prepare('UPDATE notes SET text = ? WHERE id = ?');
for (const { id, text } of db.prepare('SELECT id, text FROM notes').all()) {
  for (const [, tag] of text.matchAll(/#(\w+)/g)) addTag.run(id, tag);
  setText.run(text.replaceAll(/\s*#\w+/g, '').trim(), id);
}
db.exec('COMMIT');
db.close();
console.log('Moved the tags');
