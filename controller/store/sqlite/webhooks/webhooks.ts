// Webhooks: endpoints, and what people do with their deliveries.
import { z } from 'zod';
import { AppError } from '../../../../shared/errors.js';
import { testKind, webhookEventKinds } from '../../../../shared/model/webhook_events.js';
import { controllerLimits } from '../../../limits.js';
import type { NewWebhook, StoredWebhook, WebhookStore } from '../../webhooks.js';
import { appendAudit } from '../access/audit.js';
import type { Sql, StoreDatabase } from '../database/database.js';
import {
  findDelivery,
  findFirst,
  listDeliveries,
  noteAttempt,
  oldSecretsColumn,
  prune,
  unknownDelivery,
} from './deliveries.js';
import { addDelivery, makeEventId } from './webhook_events.js';

/** Webhooks over this database. */
// oxlint-disable-next-line max-lines-per-function -- a factory: its closures are the methods
export function createWebhookStore(database: StoreDatabase): WebhookStore {
  const { read } = database;

  /** What `work` gives; a refusal that it returns is thrown after the transaction. */
  async function change<T>(work: (sql: Sql) => T | AppError): Promise<T> {
    const done = await database.write(work);
    if (done instanceof AppError) throw done;
    return done;
  }

  return {
    add: (webhook, audit) =>
      change((sql) => {
        const refusal = refuseNew(sql, webhook);
        if (refusal !== null) return refusal;
        insertWebhook(sql, webhook);
        return appendAudit(sql, audit);
      }),
    list: async () => read.all(`${selectWebhooks} ORDER BY name`).map(toWebhook),
    find: async (name) => findWebhook(read, name),
    rotate: (name, next, audit) =>
      change((sql) => {
        const known = findId(sql, name);
        if (known === null) return unknownWebhook(name);
        const refusal = rotateSecret(sql, known, { ...next, at: audit.at });
        if (refusal !== null) return refusal;
        appendAudit(sql, audit);
        return findWebhook(sql, name) ?? unknownWebhook(name);
      }),
    remove: (name, audit) =>
      change((sql) => {
        const known = findId(sql, name);
        if (known === null) return unknownWebhook(name);
        sql.run('DELETE FROM webhook_deliveries WHERE webhook = ?', [known]);
        sql.run('DELETE FROM webhooks WHERE id = ?', [known]);
        appendAudit(sql, audit);
        return known;
      }),
    addTest: (name, { until }, audit) =>
      change((sql) => {
        const known = findId(sql, name);
        if (known === null) return unknownWebhook(name);
        const about = { tenant: null, host: null, at: audit.at, data: '{}' };
        const sequence = addDelivery(sql, { webhook: known, event: makeEventId(sql), kind: testKind, ...about });
        sql.run(
          `UPDATE webhook_deliveries SET next_at = ?1 WHERE webhook = ?2 AND sequence =
             (SELECT min(sequence) FROM webhook_deliveries WHERE webhook = ?2 AND state = 'waiting')`,
          [audit.at, known],
        );
        sql.run('UPDATE webhook_deliveries SET until = ? WHERE webhook = ? AND sequence = ?', [until, known, sequence]);
        appendAudit(sql, audit);
        return findDelivery(sql, known, sequence) ?? unknownDelivery(name, sequence);
      }),
    redeliver: (name, { sequence, until }, audit) =>
      change((sql) => {
        const known = findId(sql, name);
        if (known === null) return unknownWebhook(name);
        if (findDelivery(sql, known, sequence) === null) return unknownDelivery(name, sequence);
        sql.run(
          `UPDATE webhook_deliveries SET state = 'waiting', next_at = ?, until = ?, ended_at = NULL
             WHERE webhook = ? AND sequence = ?`,
          [audit.at, until, known, sequence],
        );
        sql.notify(known);
        appendAudit(sql, audit);
        return findDelivery(sql, known, sequence) ?? unknownDelivery(name, sequence);
      }),
    async listDeliveries(name, query) {
      const known = findId(read, name);
      if (known === null) throw unknownWebhook(name);
      return listDeliveries(read, known, query);
    },
    findFirst: async (id) => findFirst(read, id),
    noteAttempt: (attempt) => database.write((sql) => noteAttempt(sql, attempt)),
    prune: (before, limit) => database.write((sql) => prune(sql, before, limit)),
  };
}

const selectWebhooks = `SELECT id, name, url, events, scope, created_at, created_by, sequence,
  (SELECT count(*) FROM webhook_deliveries WHERE webhook = id AND state = 'waiting') AS waiting,
  (SELECT count(*) FROM webhook_deliveries WHERE webhook = id AND state = 'failed') AS failed,
  json_extract(old_secrets, '$[#-1].until') AS old_secret_until,
  (SELECT error FROM webhook_deliveries WHERE webhook = id AND state = 'waiting' ORDER BY sequence LIMIT 1) AS problem
  FROM webhooks`;

const webhookRow = z.object({
  id: z.string(),
  name: z.string(),
  url: z.string(),
  // A kind of another version is left out.
  events: z.string().transform((text) => webhookEventKinds.filter((kind) => text.includes(JSON.stringify(kind)))),
  scope: z.string().nullable(),
  created_at: z.string(),
  created_by: z.string().nullable(),
  sequence: z.number(),
  waiting: z.number(),
  failed: z.number(),
  old_secret_until: z.string().nullable(),
  problem: z.string().nullable(),
});
const toWebhook = (row: Readonly<Record<string, unknown>>): StoredWebhook => webhookRow.parse(row);

function findWebhook(sql: Sql, name: string): StoredWebhook | null {
  const row = sql.get(`${selectWebhooks} WHERE name = ?`, [name]);
  return row === undefined ? null : toWebhook(row);
}

function findId(sql: Sql, name: string): string | null {
  const row = sql.get('SELECT id FROM webhooks WHERE name = ?', [name]);
  return row === undefined ? null : String(row['id']);
}

function refuseNew(sql: Sql, { name }: NewWebhook): AppError | null {
  if (findId(sql, name) !== null) {
    return new AppError('busy', `there is a webhook ${name} already`, {
      hint: `Choose another name, or remove that one: \`drover webhooks remove ${name}\`.`,
    });
  }
  const { max } = controllerLimits.webhooks;
  if (Number(sql.get('SELECT count(*) AS count FROM webhooks')?.['count']) < max) return null;
  return new AppError('too-many', `there are ${max} webhooks already`, { hint: 'Remove one that nothing listens to.' });
}

function insertWebhook(sql: Sql, webhook: NewWebhook): void {
  const { id, name, url, secret, events, scope, created_at, created_by } = webhook;
  sql.run(
    'INSERT INTO webhooks (id, name, url, secret, events, scope, created_at, created_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    [id, name, url, secret, JSON.stringify(events), scope, created_at, created_by],
  );
}

function rotateSecret(sql: Sql, id: string, next: { secret: string; until: string; at: string }): AppError | null {
  const row = sql.get('SELECT secret, old_secrets FROM webhooks WHERE id = ?', [id]);
  const signing = oldSecretsColumn.parse(row?.['old_secrets']).filter(({ until }) => until > next.at);
  const { max } = controllerLimits.oldSecrets;
  if (signing.length >= max) {
    return new AppError('too-many', `${max} secrets before this one sign already`, {
      hint: `The first of them ends at ${signing[0]?.until}; rotate then.`,
    });
  }
  const old = [...signing, { secret: String(row?.['secret']), until: next.until }];
  sql.run('UPDATE webhooks SET secret = ?, old_secrets = ? WHERE id = ?', [next.secret, JSON.stringify(old), id]);
  return null;
}

function unknownWebhook(name: string): AppError {
  return new AppError('not-found', `there is no webhook ${name}`, { hint: '`drover webhooks list` lists them.' });
}
