// Answers a controller's challenge with the host's key.
import { signProof } from '../../shared/wire/host_proof.js';
import { protocolVersion, type AgentFrameOf, type ControllerFrameOf } from '../../shared/wire/protocol.js';

export type Challenge = ControllerFrameOf<'challenge'>;

/** The part of `hello` that says who speaks. */
export type HostProof = Pick<AgentFrameOf<'hello'>, 'version' | 'key' | 'instance' | 'authority' | 'signature'>;

export interface Prover {
  key: string;
  secret: string;
  /** This process. */
  instance: string;
  /** Host and port that were dialled. */
  authority: string;
}

/** Signs the challenge. Its signature is good for this connection, this controller and this address alone. */
export function proveHost({ key, secret, instance, authority }: Prover, challenge: Challenge): HostProof {
  const { controller, nonce } = challenge;
  const place = { version: protocolVersion, controller, authority, nonce };
  const signature = signProof({ key, secret }, place, { for: 'hello', instance });
  return { version: protocolVersion, key, instance, authority, signature };
}
