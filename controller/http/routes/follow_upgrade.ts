// An upgrade's stream as server-sent events: what is stored of it, then what happens, then its result.
import { z } from 'zod';
import { apiPrefix } from '../../../shared/wire/api.js';
import { openEventStream } from '../event_stream.js';
import { upgradeParams } from '../inputs.js';
import { defineRoute } from '../route.js';

const place = z.coerce.number().int().min(0).describe('the id of the last event that is known');

export const route = defineRoute({
  method: 'GET',
  path: `${apiPrefix}/upgrades/:id/events`,
  role: 'viewer',
  summary: 'The stream of an upgrade, live',
  description:
    'Events `event` and `output`; at the end `end` with the upgrade. `Last-Event-ID` (or `after`) goes on after an event.',
  input: {
    params: upgradeParams,
    query: z.strictObject({
      after: place.default(0),
      follow: z.enum(['true', 'false']).default('true').describe('false: what is stored now, and no more'),
    }),
    headers: z.object({ 'last-event-id': place.optional() }),
  },
  answers: { 200: { description: 'Server-sent events', text: 'text/event-stream' } },
  async handle({ fleet, clock, log }, { params: { id }, query, headers }, { reply, signal }) {
    const after = headers['last-event-id'] ?? query.after;
    // Told before the answer begins, where there is none.
    await fleet.findUpgrade(id);
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
      // Half an answer is out, so only its end can say that something is wrong: whoever follows comes back.
      if (!signal.aborted) log.warn({ err: error, upgrade: id }, 'following an upgrade failed');
      events.cut();
    }
    return reply;
  },
});
