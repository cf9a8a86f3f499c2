// The stream for a pipe or a file: the lines of the tenant's own log.
import { renderItem } from '../model/render_log.js';
import type { StreamRenderer } from './stream_renderer.js';
import { showSafely } from './format.js';

/** A renderer for one stream. */
export function createPlainRenderer(): StreamRenderer {
  return {
    render(item) {
      const text = renderItem(item);
      return text === null ? null : showSafely(text);
    },
    pending: () => null,
  };
}
