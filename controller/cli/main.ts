#!/usr/bin/env node
// The program `drover`: the one place of it that touches its process.
import { runProcess } from '../../shared/terminal/run_process.js';
import { droverProgram } from './drover_program.js';

await runProcess(process, { program: droverProgram, file: import.meta.filename });
