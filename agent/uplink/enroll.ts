// Joins a controller, and takes a new key. What is killed at any moment and done again goes on with the same key, so that
// it takes no second use of the token.
import { AppError } from '../../shared/errors.js';
import { takeLock } from '../../shared/os/lock.js';
import { findAuthority, makeHostKey, signProof } from '../../shared/wire/host_proof.js';
import { protocolVersion, type AgentFrameOf } from '../../shared/wire/protocol.js';
import {
  hashOfToken,
  readIdentity,
  removeIdentity,
  writeIdentity,
  type Identity,
  type Membership,
} from '../store/identity.js';
import type { StateFolder } from '../store/state_folder.js';
import { isEnrolmentRefusal, runErrand, type Errand } from './errand.js';
import type { Challenge } from './prove_host.js';

export interface Joining extends Omit<Errand, 'answer'> {
  state: Pick<StateFolder, 'identity' | 'identityLock'>;
}

export interface JoinWish {
  host: string;
  token: string;
  /** Takes a new key, although this host has one. */
  isReset: boolean;
}

/**
 * Joins; resolves with what this host is from now on, once that is durable. Throws AppError `usage` where it is
 * enrolled already, `forbidden` where the controller refuses, `unreachable`; all may be tried again.
 */
export function enrollHost(joining: Joining, wish: JoinWish): Promise<Membership> {
  return withIdentity(joining, async (identity) => {
    const token = hashOfToken(wish.token);
    requireJoinable(identity, { ...wish, token });
    return takeKey(joining, identity, (challenge) => {
      const member = chooseKey(identity, { ...wish, token, controller: challenge.controller });
      return { member, frame: signEnrolment(member, wish.token, placeOf(joining.url, challenge)) };
    });
  });
}

/** Takes a new key in place of the host's own, as above. */
export function rotateKey(joining: Joining): Promise<Membership> {
  return withIdentity(joining, async (identity) => {
    const active = identity?.active ?? null;
    if (identity === null || active === null) throw notEnrolled();
    return takeKey(joining, identity, (challenge) => {
      if (challenge.controller !== active.controller) throw otherController(joining.url);
      const isBegun = identity.next !== null && identity.next.token === null;
      const member = isBegun && identity.next !== null ? identity.next : { ...active, ...makeHostKey(), token: null };
      return { member, frame: signRotation(active, member, placeOf(joining.url, challenge)) };
    });
  });
}

async function withIdentity<T>(joining: Joining, work: (identity: Identity | null) => Promise<T>): Promise<T> {
  const lock = await takeLock(joining.state.identityLock, {
    taken: 'another `drover-agent enroll` runs on this host',
    hint: 'Wait until it has ended.',
  });
  try {
    return await work(await readIdentity(joining.state.identity));
  } finally {
    await lock.release();
  }
}

interface Chosen {
  member: Membership;
  frame: AgentFrameOf<'enroll' | 'rotate'>;
}

/** The file has the key before the controller hears of it. */
async function takeKey(
  joining: Joining,
  identity: Identity | null,
  choose: (challenge: Challenge) => Chosen,
): Promise<Membership> {
  const { url, state } = joining;
  let chosen: Membership | null = null;
  let isEnrolling = false;
  await runErrand({
    ...joining,
    async answer(challenge) {
      const { member, frame } = choose(challenge);
      chosen = member;
      isEnrolling = frame.type === 'enroll';
      const active = identity?.active ?? null;
      const isNew = active?.key !== member.key;
      if (isNew) await writeIdentity(state.identity, { url: identity?.url ?? url, active, next: member });
      return frame;
    },
  }).catch(async (error: unknown) => {
    // An agent that runs would go on trying with it.
    if (isEnrolling && isEnrolmentRefusal(error)) await forgetKey(state.identity, { identity, refused: chosen });
    throw error;
  });
  if (chosen === null) throw new AppError('protocol', `${url}: it answered before it was asked`);
  await writeIdentity(state.identity, { url, active: chosen, next: null });
  return chosen;
}

/** The host is what it was before it asked. */
async function forgetKey(
  file: string,
  { identity, refused }: { identity: Identity | null; refused: Membership | null },
): Promise<void> {
  const next = identity?.next?.key === refused?.key ? null : (identity?.next ?? null);
  const isNothing = identity === null || (identity.active === null && next === null);
  await (isNothing ? removeIdentity(file) : writeIdentity(file, { ...identity, next }));
}

/** A host that has joined is what it is, unless a reset is asked for; the same token may be given again. */
function requireJoinable(identity: Identity | null, wish: Pick<JoinWish, 'host' | 'isReset' | 'token'>): void {
  const active = identity?.active ?? null;
  if (active === null || wish.isReset || (active.token === wish.token && active.host === wish.host)) return;
  throw new AppError('usage', `this host has joined already, as ${active.host}`, {
    hint: 'To give it a new key: `drover-agent enroll --rotate`. To join anew, as another host or elsewhere: `--reset`, with a new join token.',
  });
}

/** The key that this very enrolment has begun with, or a new one. `token` is the hash of the token. */
function chooseKey(
  identity: Identity | null,
  { host, token, controller, isReset }: JoinWish & { controller: string },
): Membership {
  const isIt = (member: Membership | null): member is Membership =>
    member !== null && member.controller === controller && member.host === host;
  const active = identity?.active ?? null;
  const next = identity?.next ?? null;
  // A copied key has come with its token: a reset never keeps it.
  if (!isReset && isIt(active) && active.token === token) return active;
  if (isIt(next) && next.token !== null && (next.token === token || !isReset)) return { ...next, token };
  return { controller, host, token, ...makeHostKey() };
}

interface SigningPlace {
  version: number;
  controller: string;
  authority: string;
  nonce: string;
}

function placeOf(url: string, { controller, nonce }: Challenge): SigningPlace {
  return { version: protocolVersion, controller, authority: findAuthority(url), nonce };
}

function signEnrolment(member: Membership, token: string, place: SigningPlace): AgentFrameOf<'enroll'> {
  const { host, key } = member;
  const { version, authority } = place;
  const signature = signProof(member, place, { for: 'enroll', token, host, key });
  return { type: 'enroll', version, token, host, key, authority, signature };
}

function signRotation(active: Membership, next: Membership, place: SigningPlace): AgentFrameOf<'rotate'> {
  const proof = { for: 'rotate', key: active.key, next: next.key } as const;
  const { version, authority } = place;
  return {
    type: 'rotate',
    version,
    key: active.key,
    next: next.key,
    authority,
    signature: signProof(active, place, proof),
    next_signature: signProof(next, place, proof),
  };
}

function notEnrolled(): AppError {
  return new AppError('usage', 'this host has not joined a controller yet', {
    hint: 'Make a join token (`drover join-tokens create`), and run the command that it prints on this host.',
  });
}

function otherController(url: string): AppError {
  return new AppError('config', `${url}: this is another controller than the one that this host has joined`, {
    hint: 'Check `controller: url` in agent.yaml; `drover-agent enroll --reset` joins the other one.',
  });
}
