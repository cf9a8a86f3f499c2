// Reads and writes notes. Preparing fails when the database is not the one that this version needs.

export function prepareNotes(db) {
  const list = db.prepare('SELECT id, text FROM notes ORDER BY id');
  const add = db.prepare('INSERT INTO notes (text) VALUES (?) RETURNING id, text');
  return {
    list: () => list.all(),
    add: ({ text }) => add.get(text),
  };
}
