#!/usr/bin/env node
// The program `drover-agent`: the one place of the agent that touches its process.
// oxlint-disable-next-line import/no-unassigned-import -- it must be loaded first
import './cli/small_heap.js';
import { runProcess } from '../shared/terminal/run_process.js';
import { agentProgram } from './cli/agent_program.js';

await runProcess(process, { program: agentProgram, file: import.meta.filename });
