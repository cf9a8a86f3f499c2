// What a controller and an agent of protocol 2 say first, for the tests of the agent's side.

export const challenge = { type: 'challenge', version: 2, controller: 'c', nonce: 'n'.repeat(43) };
export const proof = {
  version: 2,
  key: 'k'.repeat(43),
  instance: 'i',
  authority: '127.0.0.1:1',
  signature: 's'.repeat(86),
};
export const welcome = { type: 'welcome', version: 2, host: 'h1' };
