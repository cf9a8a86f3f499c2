// What a pipe gets of an upgrade.
import { expect, it } from 'vitest';
import { createPlainRenderer } from '../../../../shared/terminal/plain_stream.js';
import { renderEvent, renderOutput } from '../../../../shared/model/render_log.js';
import { begin, journal } from './streams.js';

it('is the lines of the tenant’s log', () => {
  const [event] = journal(begin);
  if (event === undefined) throw new Error('there is one');
  const stream = createPlainRenderer();
  expect(stream.render({ event })).toBe(renderEvent(event));
  expect(stream.render({ output: { key: 'a', at: 0, next: 4, text: 'one\n' } })).toBe(renderOutput('one\n'));
});

it('says nothing of events that have nothing to say', () => {
  const [event] = journal({ type: 'memo', key: 'a', value: 1 });
  if (event === undefined) throw new Error('there is one');
  expect(createPlainRenderer().render({ event })).toBeNull();
});
