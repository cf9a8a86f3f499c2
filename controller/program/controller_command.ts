// The context of the commands of `drover-controller`.
import { cliCommandsWith, type ProgramContext } from '../../shared/terminal/cli_command.js';

export interface ControllerContext extends ProgramContext {
  /** The path of controller.yaml, as it was given. */
  configFile: string;
}

export const defineCommand = cliCommandsWith<ControllerContext>();
