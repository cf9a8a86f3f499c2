// Upgrades: their history, their results, their streams.
import { createLogRenderer } from '../../../shared/model/journal/render_log.js';
import {
  apiPrefix,
  cancelBodySchema,
  pageOf,
  upgradeSchema,
  upgradeSummarySchema,
  upgradesQuerySchema,
} from '../../../shared/wire/api.js';
import type { Fleet } from '../../fleet/fleet.js';
import { openEventStream } from '../event_stream.js';
import { upgradeParams } from '../inputs.js';
import { defineRoute, eventsType, type Route } from '../route.js';
import { Readable } from 'node:stream';
import { z } from 'zod';

const listUpgrades = defineRoute({
  method: 'GET',
  path: `${apiPrefix}/upgrades`,
  role: 'viewer',
  summary: 'Upgrades, the newest first',
  input: { query: upgradesQuerySchema.strict() },
  answers: { 200: { description: 'A page of upgrades', json: pageOf(upgradeSummarySchema) } },
  handle: ({ fleet }, { query }) => fleet.listUpgrades(query),
});

const getUpgrade = defineRoute({
  method: 'GET',
  path: `${apiPrefix}/upgrades/:id`,
  role: 'viewer',
  summary: 'One upgrade: its result so far, and the state of its order',
  input: { params: upgradeParams },
  answers: { 200: { description: 'The upgrade', json: upgradeSchema } },
  handle: ({ fleet }, { params }) => fleet.findUpgrade(params.id),
});

const place = z.coerce.number().int().min(0).describe('the id of the last event that the client has');

const followUpgrade = defineRoute({
  method: 'GET',
  path: `${apiPrefix}/upgrades/:id/events`,
  role: 'viewer',
  summary: 'The stream of an upgrade, live',
  description:
    'Sends `event` and `output`, then `end` with the upgrade. `Last-Event-ID` (or `after`) continues after that event.',
  input: {
    params: upgradeParams,
    query: z.strictObject({
      after: place.default(0),
      follow: z.enum(['true', 'false']).default('true').describe('false: only what is stored now'),
    }),
    headers: z.object({ 'last-event-id': place.optional() }),
  },
  answers: { 200: { description: 'Server-sent events', text: eventsType } },
  async handle({ fleet, clock, log, waiting }, { params: { id }, query, headers }, { reply, signal }) {
    const after = headers['last-event-id'] ?? query.after;
    // An unknown upgrade must throw before the response starts.
    await fleet.findUpgrade(id);
    waiting.admit(signal);
    reply.hijack();
    const events = openEventStream(reply.raw, { clock, signal });
    try {
      const stream = query.follow === 'true' ? fleet.followStream(id, after, signal) : fleet.readStream(id, after);
      for await (const { seq, item } of stream) {
        await events.send({ id: seq, event: 'output' in item ? 'output' : 'event', data: item });
      }
      await events.send({ event: 'end', data: await fleet.findUpgrade(id) });
      events.end();
    } catch (error) {
      // The status is already sent. Only a cut connection makes the client reconnect.
      if (!signal.aborted) log.warn({ err: error, upgrade: id }, 'following an upgrade failed');
      events.cut();
    }
    return reply;
  },
});

const readLog = defineRoute({
  method: 'GET',
  path: `${apiPrefix}/upgrades/:id/log`,
  role: 'viewer',
  summary: "An upgrade's log so far, as plain text",
  input: { params: upgradeParams },
  answers: { 200: { description: "The lines of the tenant's own log", text: 'text/plain' } },
  async handle({ fleet }, { params: { id } }, { reply }) {
    // An unknown upgrade must throw before the response starts.
    await fleet.findUpgrade(id);
    return reply.type('text/plain; charset=utf-8').send(Readable.from(renderLines(fleet, id)));
  },
});

/** An upgrade that never began has no items: then what became of it. */
async function* renderLines(fleet: Fleet, id: string): AsyncGenerator<string> {
  const log = createLogRenderer();
  let hasItems = false;
  for await (const { item } of fleet.readStream(id, 0)) {
    hasItems = true;
    const text = log.render(item);
    if (text !== null) yield `${text}\n`;
  }
  const { status, finished_at: finishedAt, failure } = await fleet.findUpgrade(id);
  if (hasItems || finishedAt === null) return;
  const why = failure === null ? '' : `: ${failure.message}`;
  yield `${finishedAt.slice(11, 19)} it never began: ${status}${why}\n`;
}

const cancelUpgrade = defineRoute({
  method: 'POST',
  path: `${apiPrefix}/upgrades/:id/cancel`,
  role: 'operator',
  isAudited: true,
  summary: 'Cancel an upgrade, whether it has begun or not',
  description: 'An upgrade that has begun is rolled back. `force` also ends a migration.',
  input: { params: upgradeParams, body: cancelBodySchema },
  answers: { 200: { description: 'The upgrade; it has ended or is being rolled back', json: upgradeSchema } },
  handle: ({ fleet }, { params, body }) => fleet.cancel(params.id, body),
});

export const upgradesRoutes: readonly Route[] = [listUpgrades, getUpgrade, followUpgrade, readLog, cancelUpgrade];
