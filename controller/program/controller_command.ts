// What the commands of `drover-controller` work with.
import { commandsWith, type BaseContext } from '../../shared/terminal/cli_command.js';

export interface Context extends BaseContext {
  /** The path of controller.yaml, as it was given. */
  configFile: string;
}

export const defineCommand = commandsWith<Context>();
