// An upgrade's story as server-sent events: what is stored of it, then what happens, then its result.
import { z } from 'zod';
import { apiPrefix } from '../../../shared/wire/api.js';
import { openEventStream } from '../event_stream.js';
import { upgradeParams } from '../inputs.js';
import { defineRoute } from '../route.js';
import { toStoryData } from '../stream_data.js';

const place = z.coerce.number().int().min(0).describe('the id of the last event that is known');

export const route = defineRoute({
  method: 'GET',
  path: `${apiPrefix}/upgrades/:id/events`,
  role: 'viewer',
  summary: 'The story of an upgrade, live',
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
  answers: { 200: { says: 'Server-sent events', text: 'text/event-stream' } },
  async handle({ fleet, clock, log }, { params: { id }, query, headers }, { reply, signal }) {
    const after = headers['last-event-id'] ?? query.after;
    // Told before the answer begins, where there is none.
    await fleet.findUpgrade(id);
    reply.hijack();
    const stream = openEventStream(reply.raw, { clock, signal });
    try {
      const story = query.follow === 'true' ? fleet.followStory(id, after, signal) : fleet.readStory(id, after);
      for await (const { seq, item } of story) {
        await stream.send({ id: seq, event: item.is, data: toStoryData(item) });
      }
      await stream.send({ event: 'end', data: await fleet.findUpgrade(id) });
      stream.end();
    } catch (error) {
      // Half an answer is out, so only its end can say that something is wrong: whoever follows comes back.
      if (!signal.aborted) log.warn({ err: error, upgrade: id }, 'following an upgrade failed');
      stream.cut();
    }
    return reply;
  },
});
