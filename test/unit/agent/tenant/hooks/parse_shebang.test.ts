import { describe, expect, test } from 'vitest';
import { parseShebang } from '../../../../../agent/tenant/hooks/parse_shebang.js';

describe('parseShebang', () => {
  test.each([
    ['#!/bin/bash\ntrue\n', ['/bin/bash'], ['/bin/bash']],
    ['#! /bin/bash \t\ntrue\n', ['/bin/bash'], ['/bin/bash']],
    ['#!/bin/bash', ['/bin/bash'], ['/bin/bash']],
    ['#!/usr/bin/python3 -u -X dev\n', ['/usr/bin/python3', '-u -X dev'], ['/usr/bin/python3']],
    ['#!/usr/bin/env bash\n', ['/usr/bin/env', 'bash'], ['/usr/bin/env', 'bash']],
    ['#!/usr/bin/env -S A=1 bash -e\n', ['/usr/bin/env', '-S A=1 bash -e'], ['/usr/bin/env', 'bash']],
    ['echo hello\n', ['/bin/bash'], ['/bin/bash']],
    ['# a comment\necho hello\n', ['/bin/bash'], ['/bin/bash']],
    [`#!/bin/bash ${'x'.repeat(300)}\n`, ['/bin/bash', 'x'.repeat(243)], ['/bin/bash']],
    [`#!/bin/bash${' '.repeat(100_000)}x\n`, ['/bin/bash'], ['/bin/bash']],
    [`#!/${'x'.repeat(252)}\n`, [`/${'x'.repeat(252)}`], [`/${'x'.repeat(252)}`]],
  ])('reads %j as the kernel does', (script, argv, needs) => {
    expect(parseShebang(script)).toEqual({ argv, needs });
  });

  test.each([
    ['#!/bin/bash\r\ntrue\r\n', 'CR LF'],
    ['set -e\r\n', 'CR LF'],
    ['\uFEFF#!/bin/bash\n', 'byte order mark'],
    ['#!\ntrue\n', 'names no interpreter'],
    ['#!bash\n', 'no absolute path'],
    [`#!/${'x'.repeat(253)}\n`, 'longer than 255 bytes'],
    [`#!${' '.repeat(80_000)}/bin/bash\n`, 'names no interpreter'],
    ['#!/usr/bin/env\n', 'names no program'],
    ['#!/usr/bin/env bash -e\n', 'write /usr/bin/env -S bash -e'],
  ])('says what is wrong with %j', (script, what) => {
    expect(parseShebang(script)).toContain(what);
  });
});
