// Reads and writes notes. Preparing fails when the database is not the one that this version needs.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** What the release hook of v0.4.0 wrote; a new installation has nothing of it. */
function readSettings() {
  const file = path.join(process.env.DATA_DIR, 'settings.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { page_size: 1000 };
}

export function prepareNotes(db) {
  const { page_size: pageSize } = readSettings();
  const list = db.prepare('SELECT id, text, author, pinned FROM notes ORDER BY pinned DESC, id LIMIT ?');
  const add = db.prepare('INSERT INTO notes (text, author) VALUES (?, ?) RETURNING id, text, author, pinned');
  const tagsOf = db.prepare('SELECT tag FROM tags WHERE note_id = ? ORDER BY tag');
  const addTag = db.prepare('INSERT OR IGNORE INTO tags (note_id, tag) VALUES (?, ?)');
  const withTags = (note) => ({ ...note, tags: tagsOf.all(note.id).map(({ tag }) => tag) });
  return {
    list: () => list.all(pageSize).map(withTags),
    add: ({ text, author = 'anonymous', tags = [] }) => {
      const note = add.get(text, author);
      for (const tag of tags) addTag.run(note.id, tag);
      return withTags(note);
    },
  };
}
