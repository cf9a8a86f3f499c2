// An upgrade's stream as plain text: the lines of the tenant's own log.
import { Readable } from 'node:stream';
import { apiPrefix } from '../../../shared/wire/api.js';
import { renderItem } from '../../../shared/model/render_log.js';
import type { StoredItem } from '../../fleet/fleet.js';
import { upgradeParams } from '../inputs.js';
import { defineRoute } from '../route.js';

export const route = defineRoute({
  method: 'GET',
  path: `${apiPrefix}/upgrades/:id/log`,
  role: 'viewer',
  summary: "An upgrade's stream so far as plain text",
  input: { params: upgradeParams },
  answers: { 200: { description: "The lines of the tenant's own log", text: 'text/plain' } },
  async handle({ fleet }, { params: { id } }, { reply }) {
    // Told before the answer begins, where there is none.
    await fleet.findUpgrade(id);
    return reply.type('text/plain; charset=utf-8').send(Readable.from(renderLines(fleet.readStream(id, 0))));
  },
});

async function* renderLines(stream: AsyncIterable<StoredItem>): AsyncGenerator<string> {
  for await (const { item } of stream) {
    const text = renderItem(item);
    if (text !== null) yield `${text}\n`;
  }
}
