// Admits hosts: what a stranger's first frame proves, and what it gets for it. A host is who its key says it is.
import { checkProof, type Proof, type ProofPlace } from '../../shared/wire/host_proof.js';
import {
  agreeVersion,
  closeCodes,
  protocolVersion,
  type AgentFrameOf,
  type ControllerFrameOf,
} from '../../shared/wire/protocol.js';
import { hashToken } from '../auth/token.js';
import type { JoinStore, KeyChange, StoredHostKey } from '../store/joining.js';

/** What a connection of a stranger may become. */
export interface Admission {
  /** The first frame of a connection; its nonce is good for this connection alone. */
  challenge(): ControllerFrameOf<'challenge'>;
  /** Checks who says hello; reads the store. */
  greet(hello: AgentFrameOf<'hello'>, nonce: string): Promise<Admitted | Refused>;
  /** Why the key may not be used any more; null while it may. */
  findKeyRefusal(key: string): Promise<Refused | null>;
  /** Takes a host's key. Resolves once that is durable. */
  enroll(wish: AgentFrameOf<'enroll'>, from: Origin): Promise<Changed | Refused>;
  /** Replaces a host's key; as above. */
  rotate(wish: AgentFrameOf<'rotate'>, from: Origin): Promise<Changed | Refused>;
}

interface Origin {
  nonce: string;
  address: string;
}

/** Who a session has proved to be. */
export interface Claim {
  host: string;
  key: string;
  /** The agent's process. */
  instance: string;
}

export interface Admitted extends Claim {
  version: number;
}

/** The host has another key now: sessions with the one before have to end. */
export interface Changed {
  host: string;
  /** The key that it has from now on. */
  key: string;
  answer: ControllerFrameOf<'enrolled' | 'rotated'>;
}

export interface Refused {
  code: number;
  reason: string;
}

export interface AdmissionOptions {
  joins: JoinStore;
  randomBytes: (bytes: number) => Buffer;
  now: () => Date;
  /** True for a host and port by which agents may dial this controller. */
  isOwnAuthority: (authority: string) => boolean;
}

/** What an agent of before keys is told, which no later version of it can read. */
export const enrollFirst = `this controller knows hosts by their keys: run \`drover-agent enroll\` on this host`;

/** Over the keys and tokens of this store. */
// oxlint-disable-next-line max-lines-per-function -- a factory: its closures are the methods
export function createAdmission({ joins, randomBytes, now, isOwnAuthority }: AdmissionOptions): Admission {
  const controller = joins.controllerId();

  /** Why the proof is worth nothing here; null where it is good. */
  async function findProofRefusal(
    { version, authority, key, signature }: Signed,
    nonce: string,
    proof: Proof,
  ): Promise<Refused | null> {
    if (agreeVersion(version) === null) return refuseVersion(version);
    if (!isOwnAuthority(authority)) {
      return { code: closeCodes.address, reason: `it dialled ${authority}` };
    }
    const place: ProofPlace = { version, controller, authority, nonce };
    if (await checkProof({ key, signature }, place, proof)) return null;
    return { code: closeCodes.key, reason: 'the signature is wrong' };
  }

  const findKeyRefusal = async (key: string) => judgeKey(await joins.findKey(key));

  return {
    challenge: () => ({
      type: 'challenge',
      version: protocolVersion,
      controller,
      nonce: randomBytes(32).toString('base64url'),
    }),
    findKeyRefusal,
    async greet(hello, nonce) {
      const { key, instance, version } = hello;
      const wrong = await findProofRefusal(hello, nonce, { for: 'hello', instance });
      if (wrong !== null) return wrong;
      const known = await joins.findKey(key);
      return judgeKey(known) ?? { host: known?.host ?? '', key, instance, version };
    },
    async enroll(wish, { nonce, address }) {
      const { token, host, key } = wish;
      const wrong = await findProofRefusal(wish, nonce, { for: 'enroll', token, host, key });
      if (wrong !== null) return wrong;
      const at = now().toISOString();
      const change = await joins.enroll({ tokenHash: hashToken(token), host, key, address, at });
      return toAnswer(change, key, (name) => ({ type: 'enrolled', host: name, controller }));
    },
    async rotate(wish, { nonce, address }) {
      const { key, next, next_signature: signature } = wish;
      const proof: Proof = { for: 'rotate', key, next };
      const wrong =
        (await findProofRefusal(wish, nonce, proof)) ??
        (await findProofRefusal({ ...wish, key: next, signature }, nonce, proof));
      if (wrong !== null) return wrong;
      const change = await joins.rotate({ key, next, address, at: now().toISOString() });
      return toAnswer(change, next, (host) => ({ type: 'rotated', host }));
    },
  };
}

type Signed = Pick<AgentFrameOf<'hello'>, 'version' | 'authority' | 'key' | 'signature'>;

/** The reason of a close, short enough for one. */
export function explainQuarantine(places: readonly string[]): string {
  return `two machines use its key, ${places.join(' and ')}: drover-agent enroll --reset`;
}

/** The close of an agent that speaks this version, which this controller does not. Pure. */
export function refuseVersion(version: number): Refused {
  const known = `${protocolVersion}${agreeVersion(protocolVersion - 1) === null ? '' : ` and ${protocolVersion - 1}`}`;
  const reason = version < 2 ? enrollFirst : `protocol ${version} is not supported, only ${known}`;
  return { code: closeCodes.version, reason };
}

function toAnswer(change: KeyChange, key: string, answer: (host: string) => Changed['answer']): Changed | Refused {
  if (change.host === null) return { code: closeCodes.enrolment, reason: change.refusal };
  return { host: change.host, key, answer: answer(change.host) };
}

/** Why a key in this state is not accepted; null for one that is. */
function judgeKey(known: StoredHostKey | null): Refused | null {
  if (known === null) return { code: closeCodes.key, reason: 'its key is not known here' };
  const { state, since, places } = known;
  if (state === 'active') return null;
  if (state !== 'quarantined') return { code: closeCodes.key, reason: `its key was ${state} at ${since}` };
  return { code: closeCodes.key, reason: explainQuarantine(places) };
}
