// Ports for tests' services, found as the demo finds them.
export { findFreePort as findFixedPort } from '../../deploy/demo/app/find_free_port.js';
