// Reads and writes notes. Preparing fails when the database is not the one that this version needs.

export function prepareNotes(db) {
  const list = db.prepare('SELECT id, text, author FROM notes ORDER BY id');
  const add = db.prepare('INSERT INTO notes (text, author) VALUES (?, ?) RETURNING id, text, author');
  return {
    list: () => list.all(),
    add: ({ text, author = 'anonymous' }) => add.get(text, author),
  };
}
