// How a host proves who it is: an Ed25519 key that never leaves it, and the texts that it signs with that. Each text names
// what it is for, the controller, the address that the agent dialled, and a nonce of this connection: it is worth nothing
// anywhere else, and nothing a second time.
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto';
import { AppError } from '../errors.js';

export interface HostKey {
  /** The public key: 32 bytes, base64url. */
  key: string;
  /** The private key, the same way. */
  secret: string;
}

/** Where a signature is worth something, and nowhere else. */
export interface ProofPlace {
  /** The version of the protocol that the agent speaks. */
  version: number;
  /** The controller's id. */
  controller: string;
  /** Host and port that the agent dialled, as `findAuthority` writes them. */
  authority: string;
  /** What the controller sent on this connection, for this connection alone. */
  nonce: string;
}

export type Proof =
  /** Of an agent that connects; `instance` is its process. */
  | { for: 'hello'; instance: string }
  /** Of a host that joins. Signed with the key that it names. */
  | { for: 'enroll'; token: string; host: string; key: string }
  /** Of a host that takes a new key. Signed with both keys. */
  | { for: 'rotate'; key: string; next: string };

const curve = { kty: 'OKP', crv: 'Ed25519' };

/** A new key pair. */
export function makeHostKey(): HostKey {
  const { x, d } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  if (x === undefined || d === undefined) throw new AppError('internal', 'an Ed25519 key without its parts');
  return { key: x, secret: d };
}

/** The signature, base64url. */
export function signProof({ key, secret }: HostKey, place: ProofPlace, proof: Proof): string {
  const privateKey = createPrivateKey({ key: { ...curve, x: key, d: secret }, format: 'jwk' });
  return sign(null, proofText(place, proof), privateKey).toString('base64url');
}

/**
 * True for a signature of this key over this proof, and false for whatever else: it throws for no value. Other work goes on
 * meanwhile, for a whole fleet may come back at once.
 */
export function checkProof(
  { key, signature }: { key: string; signature: string },
  place: ProofPlace,
  proof: Proof,
): Promise<boolean> {
  const publicKey = parseKey(key);
  if (publicKey === null) return Promise.resolve(false);
  return new Promise((resolve) => {
    verify(null, proofText(place, proof), publicKey, Buffer.from(signature, 'base64url'), (error, isGood) =>
      resolve(error === null && isGood),
    );
  });
}

/** Null for what is no public key, or is one in another spelling: a key has one name. */
function parseKey(key: string): KeyObject | null {
  if (Buffer.from(key, 'base64url').toString('base64url') !== key) return null;
  try {
    return createPublicKey({ key: { ...curve, x: key }, format: 'jwk' });
  } catch {
    return null;
  }
}

/** One text per proof: a list in JSON, whose first part is the domain. */
function proofText({ version, controller, authority, nonce }: ProofPlace, proof: Proof): Buffer {
  const text = [`drover agent ${proof.for}`, version, controller, authority, nonce, ...partsOf(proof)];
  return Buffer.from(JSON.stringify(text));
}

function partsOf(proof: Proof): string[] {
  if (proof.for === 'hello') return [proof.instance];
  return proof.for === 'enroll' ? [proof.token, proof.host, proof.key] : [proof.key, proof.next];
}

const defaultPorts: Readonly<Record<string, string>> = { 'ws:': '80', 'http:': '80', 'wss:': '443', 'https:': '443' };

/** Host and port of a URL, as both sides write them: `drover.example.com:443`. */
export function findAuthority(url: string): string {
  const { protocol, hostname, port } = new URL(url);
  return `${hostname.toLowerCase()}:${port === '' ? (defaultPorts[protocol] ?? '') : port}`;
}
