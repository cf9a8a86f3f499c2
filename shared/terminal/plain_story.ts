// The story for a pipe or a file: the lines of the tenant's own log.
import { renderEvent, renderOutput } from '../upgrade/render_story.js';
import type { StoryTeller } from './story_teller.js';
import { showSafely } from './words.js';

export function createPlainStory(): StoryTeller {
  return {
    tell(item) {
      const text = item.is === 'output' ? renderOutput(item.text) : renderEvent(item.event);
      return text === null ? null : showSafely(text);
    },
    pending: () => null,
  };
}
