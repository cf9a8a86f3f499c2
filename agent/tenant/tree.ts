// The port through which planning reads the files of a commit.

export interface TreeEntry {
  /** Six octal digits, as git has them: `100644`, `100755`, `120000` (a symlink), `160000` (a submodule). */
  mode: string;
  type: 'blob' | 'tree' | 'commit';
  oid: string;
  /** From the root of the repository. */
  path: string;
}

export interface Tree {
  /** Every file of the commit, or those in one folder, however deep; empty when there is no such folder. */
  list(commit: string, folder?: string): Promise<TreeEntry[]>;
  /** The sizes of blobs in bytes, by object id; nothing of them is read. */
  sizes(oids: readonly string[]): Promise<Map<string, number>>;
  /**
   * The contents of blobs, by object id. Throws AppError `unsupported-repository` before it reads, where one of them or
   * all together are larger than the limits.
   */
  read(oids: readonly string[]): Promise<Map<string, Buffer>>;
}

/** The modes of what is a file with a content of its own, and not a symlink. */
export const fileModes: readonly string[] = ['100644', '100755'];
export const executableMode = '100755';
export const symlinkMode = '120000';
