// Reads the tenant files of this host as they are written, each with the defaults merged in and its names filled in.
import path from 'node:path';
import { type AppError, toAppError } from '../../shared/errors.js';
import type { ConfigProblem, ConfigSource } from '../../shared/config/config_source.js';
import { describeSchema } from '../../shared/config/describe_schema.js';
import { mergeSources } from '../../shared/config/merge_sources.js';
import { readYaml } from '../../shared/config/yaml.js';
import { createWorkQueue } from '../../shared/os/work_queue.js';
import * as names from '../../shared/model/names.js';
import type { AgentConfig } from './agent_config.js';
import { fillIn } from './tenant_file/fill_in.js';
import { tenantFileSchema } from './tenant_file/tenant_config.js';

export interface TenantSource {
  file: string;
  /** As the file says, or as it is named; null where that is none. */
  slug: string | null;
  /** False where the slug is only the file's name. */
  saysSlug: boolean;
  /** The keys with the defaults merged in and all names filled in; null where the file cannot be read. */
  source: ConfigSource | null;
  /** Names that cannot be filled in. */
  unfilled: readonly ConfigProblem[];
  /** Why the file cannot be read. */
  error: AppError | null;
}

/** How many files are read at the same time: each takes memory. */
const maxReads = 8;

type Defaults = Pick<AgentConfig, 'host' | 'tenant_defaults'>;

/** Of each of these tenant files, in their order. */
export async function readTenantSources(agent: Defaults, files: readonly string[]): Promise<TenantSource[]> {
  const { isOneMapping } = describeSchema(tenantFileSchema);
  const read = async (file: string): Promise<TenantSource> => {
    try {
      const written = await readYaml(file, 'config', { mayBeEmpty: true });
      const own = withSlug(file, written);
      const merged = mergeSources(own, agent.tenant_defaults, isOneMapping);
      const slug = slugOf(own);
      const { value, problems } = fillIn(merged.value, { slug: slug ?? '', host: agent.host });
      const saysSlug = Object.hasOwn(written.value, 'slug');
      return { file, slug, saysSlug, source: { ...merged, value }, unfilled: problems, error: null };
    } catch (error) {
      const slug = names.slug.safeParse(nameOf(file)).data ?? null;
      return { file, slug, saysSlug: false, source: null, unfilled: [], error: toAppError(error) };
    }
  };
  const runQueued = createWorkQueue(maxReads);
  return Promise.all(files.map((file) => runQueued(() => read(file))));
}

/** The file's name is the slug where none is said. */
function withSlug(file: string, own: ConfigSource): ConfigSource {
  if (Object.hasOwn(own.value, 'slug')) return own;
  return { ...own, value: { slug: nameOf(file), ...own.value } };
}

const nameOf = (file: string) => path.basename(file, path.extname(file));

function slugOf({ value }: ConfigSource): string | null {
  return typeof value['slug'] === 'string' ? value['slug'] : null;
}
