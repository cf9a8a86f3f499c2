// The stream for a pipe or a file: the lines of the tenant's own log.
import { createLogRenderer } from '../../model/journal/render_log.js';
import type { StreamRenderer } from './stream_renderer.js';
import { showSafely } from '../screen/format.js';

/** A renderer for one stream. */
export function createPlainRenderer(): StreamRenderer {
  const log = createLogRenderer();
  return {
    render(item) {
      const text = log.render(item);
      return text === null ? null : showSafely(text);
    },
    pending: () => [],
    isCancellable: () => false,
  };
}
