// A controller whose clock stands still, with hosts that join it and say hello one by one.
import { afterEach, beforeEach } from 'vitest';
import { findAuthority, makeHostKey, signProof, type HostKey } from '../../../../shared/wire/host_proof.js';
import { systemClock } from '../../../../shared/os/clock.js';
import { closeCodes, protocolVersion, type AgentFrameOf } from '../../../../shared/wire/protocol.js';
import type { MadeJoinToken, NewJoinTokenBody } from '../../../../shared/wire/joining_api.js';
import { startRig, tester, type ControllerRig } from '../../../helpers/controller/controller_rig.js';
import { openPeer, type PeerHost } from '../../../helpers/controller/protocol_peer.js';

export interface JoiningRig {
  /** The controller of the present test. */
  rig: () => ControllerRig;
  now: () => Date;
  passMs: (ms: number) => void;
  makeToken: (wish?: Partial<NewJoinTokenBody>) => Promise<MadeJoinToken>;
  /** One enrolment over a connection of its own; resolves with how it ended. */
  enroll: (wish: Wish) => Promise<{ code: number; reason: string; answer: object | null; key: HostKey }>;
  /** Whether this key is welcome, and as whom; or the reason why not. */
  greet: (key: PeerHost, change?: Partial<AgentFrameOf<'hello'>>) => Promise<string>;
}

type Enroll = AgentFrameOf<'enroll'>;

export interface Wish {
  host?: string;
  token: string;
  key?: HostKey;
  /** What is signed, where that is not what the frame says. */
  signs?: Partial<Enroll> & { controller?: string; nonce?: string };
  change?: Partial<Enroll>;
}

/** How an enrolment ends that succeeds. */
export const joined = { code: closeCodes.done, reason: 'enrolled' };

/** To be called once per file: a controller for each of its tests. */
export function useJoiningRig(): JoiningRig {
  let rig: ControllerRig;
  let nowMs = Date.parse('2026-01-01T00:00:00.000Z');
  const now = () => new Date(nowMs);
  beforeEach(async () => {
    rig = await startRig({ limits: { proofMs: 50 }, clock: { ...systemClock, now } });
  });
  afterEach(() => rig.close());
  return {
    rig: () => rig,
    now,
    passMs(ms) {
      nowMs += ms;
    },
    makeToken: (wish = {}) => rig.core.joining.makeToken({ hosts: null, uses: 1, expires_in_s: 3600, ...wish }, tester),
    enroll: (wish) => enroll(rig, wish),
    greet: (key, change = {}) => greet(rig, key, change),
  };
}

async function enroll(rig: ControllerRig, { host = 'h1', token, key = makeHostKey(), signs = {}, change = {} }: Wish) {
  const peer = await openPeer(rig);
  const challenge = await peer.next('challenge');
  const { controller = challenge.controller, nonce = challenge.nonce } = signs;
  const signed = { host, token, key: key.key, authority: findAuthority(rig.url), ...signs };
  const place = { version: protocolVersion, controller, authority: signed.authority, nonce };
  const signature = signProof(key, place, { for: 'enroll', token: signed.token, host: signed.host, key: signed.key });
  const frame = { type: 'enroll', version: protocolVersion, token, host, key: key.key, signature } as const;
  peer.send({ ...frame, authority: findAuthority(rig.url), ...change });
  const { code, reason } = await peer.closed;
  const answer = peer.received.find(({ type }) => type === 'enrolled') ?? null;
  return { code, reason, answer, key };
}

async function greet(rig: ControllerRig, key: PeerHost, change: Partial<AgentFrameOf<'hello'>>): Promise<string> {
  const peer = await openPeer(rig);
  await peer.hello(key, change);
  const welcome = await Promise.race([peer.next('welcome'), peer.closed]);
  await peer.vanish();
  return 'host' in welcome ? welcome.host : welcome.reason;
}
