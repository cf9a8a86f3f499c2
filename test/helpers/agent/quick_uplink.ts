// Loaded into an agent ahead of it (`node --import`): it notices sooner that its controller is gone, and is back sooner.
// No product code knows of it.
import { connectionLimits } from '../../../agent/uplink/controller_connection.js';

const { random } = Math;

Object.assign(connectionLimits, { openMs: 10_000, pingMs: 300, silenceMs: 1500 });
Object.assign(Math, { random: () => random() / 20 });
