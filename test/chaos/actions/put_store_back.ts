// Puts the controller's store back to the copy that was made last.
import type { Action } from '../action.js';

export const putStoreBack: Action = {
  weight: 1,
  async act({ controller, requests }) {
    await controller.putStoreBack();
    await requests.forgetNewer();
    await controller.start();
    return 'put the store back to its copy';
  },
};
