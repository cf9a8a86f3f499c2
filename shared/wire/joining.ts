// The frames by which a host proves who it is. The controller begins with `challenge`; the agent answers with one of the
// others, and says nothing else before. No frame of an agent says which host it is of: the key does.
import { z } from 'zod';
import { hostName, hostKey, id, nonce, signature, time, version } from '../model/names.js';

/** Host and port that the agent dialled. It is signed; here it says what to look for where the signature is wrong. */
const authority = z.string().max(300);
/** A join token, or what somebody takes for one: the controller knows its own. */
const token = z.string().max(100);
const protocol = z.number().int();

/** From an agent, as its first frame. */
export const joiningFrames = [
  z.object({
    type: z.literal('hello'),
    version: protocol,
    key: hostKey,
    /** The agent's process: the same for all of its connections, and no other's. */
    instance: id,
    authority,
    signature,
    agent_version: version,
    /** The host's wall time, ISO 8601; the controller reports the skew. */
    at: time,
  }),
  /** A host joins. Answered with `enrolled`, or closed. */
  z.object({
    type: z.literal('enroll'),
    version: protocol,
    token,
    host: hostName,
    key: hostKey,
    authority,
    signature,
  }),
  /** A host takes a new key, which it has as well as the old one. Answered with `rotated`, or closed. */
  z.object({
    type: z.literal('rotate'),
    version: protocol,
    key: hostKey,
    next: hostKey,
    authority,
    /** With the old key, and with the new one. */
    signature,
    next_signature: signature,
  }),
] as const;

/** To the agent. */
export const joiningAnswers = [
  z.strictObject({ type: z.literal('challenge'), version: protocol, controller: id, nonce }),
  z.strictObject({ type: z.literal('welcome'), version: protocol, host: hostName }),
  z.strictObject({ type: z.literal('enrolled'), host: hostName, controller: id }),
  z.strictObject({ type: z.literal('rotated'), host: hostName }),
] as const;
