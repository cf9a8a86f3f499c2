// An item of a story as the API tells it.
import type { z } from 'zod';
import type { storyDataSchema } from '../../shared/wire/api.js';
import type { StoryItem } from '../../shared/model/stream_item.js';

export function toStoryData(item: StoryItem): z.infer<typeof storyDataSchema> {
  if (item.is === 'output') {
    const { is: _is, ...output } = item;
    return { output };
  }
  // A tenant's configuration may hold secrets, and stays on its host.
  const { event } = item;
  return { event: event.type === 'begin' ? { ...event, config: null } : event };
}
