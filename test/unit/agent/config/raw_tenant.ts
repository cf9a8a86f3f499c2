// A tenant file's values that are right, for tests to change.
export const rawTenant = {
  slug: 'testsite',
  app_dir: '/srv/testsite',
  data_dir: '/srv/testsite/db',
  user: 'nobody',
  repo: 'https://git.example.com/cbapp.git',
  trust: 'any-tag',
  services: 'none',
  database: 'none',
  requirements: 'none',
  migrations: 'none',
  health: 'none',
};
