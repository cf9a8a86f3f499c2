// The URL of a repository, which git gets as a word of its command line.
import { describe, expect, test } from 'vitest';
import { repoKeys } from '../../../../../agent/tenant/git/schema.js';

describe('the URL of a repository', () => {
  test.each([
    'https://git.example.com:8443/app.git',
    'ssh://git@git.example.com:22/app.git',
    'git@git.example.com:app.git',
    'file:///srv/a:b@c.git',
  ])('may be %s', (url) => {
    expect(repoKeys.repo.safeParse(url).success).toBe(true);
  });

  test.each([
    'https://user:s3cret@git.example.com/app.git',
    'https://s3cret@git.example.com/app.git',
    'https://user:s3/cret@git.example.com/app.git',
    'https://git.example.com/app.git?token=s3cret',
    'https://git.example.com/app.git#s3cret',
    'ssh://git:s3cret@git.example.com/app.git',
    'ssh://git:s3/cret@git.example.com/app.git',
  ])('holds no secret: %s is refused, with the way out', (url) => {
    const { error } = repoKeys.repo.safeParse(url);
    expect(error?.issues.map(({ message }) => message)).toEqual([expect.stringContaining('repo_auth.token_file')]);
  });
});
