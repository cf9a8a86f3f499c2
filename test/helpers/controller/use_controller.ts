// A running controller for all tests of a file.
import { afterAll, beforeAll } from 'vitest';
import { makeControllerPlace, type ControllerPlace, type ControllerProcess } from './controller_process.js';

/** To be called once per file. What it gives is there once the tests run; a test may put another process in its place. */
export function useController(): { readonly place: ControllerPlace; controller: ControllerProcess } {
  let place: ControllerPlace;
  let controller: ControllerProcess;
  beforeAll(async () => {
    place = await makeControllerPlace();
    controller = await place.start();
  });
  afterAll(async () => {
    await controller.end('SIGTERM');
    await place.remove();
  });
  return {
    get place() {
      return place;
    },
    get controller() {
      return controller;
    },
    set controller(started) {
      controller = started;
    },
  };
}
