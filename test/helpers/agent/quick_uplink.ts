// Loaded before the agent (`node --import`): the agent detects a lost controller sooner, and reconnects sooner. No product
// code refers to it.
import { connectionLimits } from '../../../agent/uplink/controller_connection.js';

const { random } = Math;

Object.assign(connectionLimits, { openMs: 10_000, pingMs: 300, silenceMs: 1500 });
Object.assign(Math, { random: () => random() / 20 });
