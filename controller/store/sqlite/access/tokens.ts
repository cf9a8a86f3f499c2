// Tokens of people and scripts.
import { AppError } from '../../../../shared/errors.js';
import type { NewToken, TokenStore } from '../../access.js';
import { toToken } from './access_rows.js';
import { appendAudit } from './audit.js';
import type { Sql, StoreDatabase } from '../database/database.js';
import { pageOf } from '../page.js';

/** Tokens over this database. */
export function createTokenStore(database: StoreDatabase): TokenStore {
  const { read } = database;
  return {
    async findByHash(hash) {
      const row = read.get('SELECT * FROM tokens WHERE hash = ?', [hash]);
      return row === undefined ? null : toToken(row);
    },
    async list({ limit, cursor = '' }) {
      const rows = read.all('SELECT * FROM tokens WHERE id > ? ORDER BY id LIMIT ?', [cursor, limit + 1]);
      return pageOf(rows, { limit, key: 'id', of: toToken });
    },
    async add(token, audit) {
      const refusal = await database.write((sql) => {
        const other = findByName(sql, token.name);
        if (other !== undefined) return nameTaken(token.name);
        insertToken(sql, token);
        appendAudit(sql, audit);
        return null;
      });
      if (refusal !== null) throw refusal;
    },
    async revoke(name, audit) {
      const revoked = await database.write((sql) => {
        const row = findByName(sql, name);
        if (row === undefined) return null;
        sql.run('UPDATE tokens SET revoked_at = ? WHERE id = ?', [audit.at, String(row['id'])]);
        appendAudit(sql, audit);
        return toToken({ ...row, revoked_at: audit.at });
      });
      if (revoked !== null) return revoked;
      throw new AppError('not-found', `there is no token ${name}`, { hint: '`drover tokens list` lists them.' });
    },
    markUsed: (id, at) => database.write((sql) => sql.run('UPDATE tokens SET used_at = ? WHERE id = ?', [at, id])),
  };
}

/** Of the tokens that are not revoked: a name may be used again after that. */
function findByName(sql: Sql, name: string) {
  return sql.get('SELECT * FROM tokens WHERE name = ? AND revoked_at IS NULL', [name]);
}

function nameTaken(name: string): AppError {
  return new AppError('busy', `there is a token ${name} already`, {
    hint: `Choose another name, or revoke that one: \`drover tokens revoke ${name}\`.`,
  });
}

function insertToken(sql: Sql, token: NewToken): void {
  const { id, name, hash, role, scope, created_at, created_by, expires_at } = token;
  sql.run(
    `INSERT INTO tokens (id, name, hash, role, scope, created_at, created_by, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    [id, name, hash, role, scope, created_at, created_by, expires_at],
  );
}
