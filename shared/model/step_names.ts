// The steps of an upgrade by name, in the order of the release-hook specification.

export const stepNames = [
  'stop-services',
  'backup-database',
  'fetch',
  'determine-version',
  'hooks-pre-pull',
  'checkout',
  'hooks-post-pull',
  'install-requirements',
  'hooks-pre-migrate',
  'migrate',
  'hooks-post-migrate',
  'record-version',
  'start-services',
  'health-check',
] as const;
export type StepName = (typeof stepNames)[number];
