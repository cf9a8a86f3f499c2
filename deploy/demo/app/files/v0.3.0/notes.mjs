// Reads and writes notes. Preparing fails when the database is not the one that this version needs.

export function prepareNotes(db) {
  const list = db.prepare('SELECT id, text, author FROM notes ORDER BY id');
  const add = db.prepare('INSERT INTO notes (text, author) VALUES (?, ?) RETURNING id, text, author');
  const tagsOf = db.prepare('SELECT tag FROM tags WHERE note_id = ? ORDER BY tag');
  const addTag = db.prepare('INSERT OR IGNORE INTO tags (note_id, tag) VALUES (?, ?)');
  const withTags = (note) => ({ ...note, tags: tagsOf.all(note.id).map(({ tag }) => tag) });
  return {
    list: () => list.all().map(withTags),
    add: ({ text, author = 'anonymous', tags = [] }) => {
      const note = add.get(text, author);
      for (const tag of tags) addTag.run(note.id, tag);
      return withTags(note);
    },
  };
}
