// Copies the controller's store, as a backup does in the middle of its work.
import type { Action } from '../action.js';

export const copyStore: Action = {
  weight: 1,
  async act({ controller, requests }) {
    requests.noteCopy();
    controller.copyStore();
    return 'copy the store';
  },
};
