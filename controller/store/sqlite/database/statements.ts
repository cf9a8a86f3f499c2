// Keeps SQL prepared that is used again and again. A selection is SQL of its own, and there is no end of selections, so
// what is no longer used is forgotten.

/** So many are remembered twice: those used lately, and those used before. */
const atOnce = 150;

/** Prepares SQL with `prepare`, or finds it prepared; keeps at most 300 statements. */
export function createStatements<Statement>(prepare: (sql: string) => Statement): (sql: string) => Statement {
  let latest = new Map<string, Statement>();
  let before: ReadonlyMap<string, Statement> = new Map();
  return (sql) => {
    const known = latest.get(sql);
    if (known !== undefined) return known;
    const statement = before.get(sql) ?? prepare(sql);
    if (latest.size === atOnce) [before, latest] = [latest, new Map()];
    latest.set(sql, statement);
    return statement;
  };
}
