#!/usr/bin/env node
// The program `drover-controller`: the one place of the controller that touches its process.
import { runProcess } from '../shared/terminal/run_process.js';
import { controllerProgram } from './program/controller_program.js';

await runProcess(process, { program: controllerProgram, file: import.meta.filename });
