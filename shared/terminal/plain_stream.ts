// The story for a pipe or a file: the lines of the tenant's own log.
import { renderEvent, renderOutput } from '../model/render_log.js';
import type { StoryTeller } from './stream_renderer.js';
import { showSafely } from './format.js';

export function createPlainStory(): StoryTeller {
  return {
    tell(item) {
      const text = item.is === 'output' ? renderOutput(item.text) : renderEvent(item.event);
      return text === null ? null : showSafely(text);
    },
    pending: () => null,
  };
}
