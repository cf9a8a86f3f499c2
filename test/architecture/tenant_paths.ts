// The rules that keep root out of the tenants' folders. A module that can name a tenant's path opens no file; its text
// is for messages, and a word of a command.
import path from 'node:path';
import ts from 'typescript';

/** `opens`: may open files. `text`: makes the text of a word. `shows`: shows a path elsewhere than in a message. */
type Rule = 'opens' | 'text' | 'shows';

interface Fault {
  file: string;
  rule: Rule;
  what: string;
}

const seed = { file: 'agent/command/tenant_path.ts', name: 'TenantPath' };

/** What opens, watches or measures a file whose path it is given. */
const openers = [
  /^(node:)?fs(\/promises)?$/,
  /^(node:)?module$/,
  /^chokidar$/,
  /\/shared\/os\/(files|watch_files)\.js$/,
];

/** The exceptions, each with the reason. */
const exceptions: Readonly<Record<Rule, Readonly<Record<string, string>>>> = {
  opens: {
    'agent/command/execute.ts': 'the run folder of a command',
    'agent/command/plain/launch.ts': 'the run folder of a command',
    'agent/command/supervisor/cookie.ts': 'the run folder of a command, and /proc',
    'agent/local/local_server.ts': "the agent's own socket",
  },
  text: { 'agent/command/supervisor/enter.ts': 'the words of a process that becomes its user first' },
  shows: {
    'agent/cli/read_status.ts': 'the status names the folders',
    'agent/upgrade/plan/check_disk.ts': 'the plan names the folders',
    'agent/upgrade/made_files.ts': 'the ledger names what upgrades made',
    'agent/upgrade/steps/backup_database.ts': 'the journal names backup and archive',
  },
};

export interface Module {
  file: string;
  source: ts.SourceFile;
  /** Local names of what it imports: from which file, and by which name there. */
  imports: Map<string, { file: string; name: string }>;
  /** What each top-level name is declared with: the names in its type, without the bodies of functions. */
  signatures: Map<string, Set<string>>;
}

/** A module from its path from the root of the repository, and its text. */
export function readModule(file: string, text: string): Module {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true);
  const module: Module = { file, source, imports: new Map(), signatures: new Map() };
  for (const statement of source.statements) {
    if (ts.isImportDeclaration(statement)) addImports(module, statement);
    if (ts.isExportDeclaration(statement)) addReexports(module, statement);
    for (const [name, node] of declarationsOf(statement)) module.signatures.set(name, namesIn(node));
  }
  return module;
}

const resolve = (file: string, specifier: string) => path.join(path.dirname(file), specifier).replace(/\.js$/, '.ts');

function addImports({ file, imports }: Module, { importClause, moduleSpecifier }: ts.ImportDeclaration): void {
  if (!ts.isStringLiteral(moduleSpecifier) || !moduleSpecifier.text.startsWith('.')) return;
  const from = resolve(file, moduleSpecifier.text);
  const bindings = importClause?.namedBindings;
  if (bindings !== undefined && ts.isNamespaceImport(bindings)) {
    imports.set(bindings.name.text, { file: from, name: '*' });
  }
  if (bindings === undefined || !ts.isNamedImports(bindings)) return;
  for (const { name, propertyName } of bindings.elements) {
    imports.set(name.text, { file: from, name: (propertyName ?? name).text });
  }
}

function addReexports(module: Module, { exportClause, moduleSpecifier }: ts.ExportDeclaration): void {
  if (moduleSpecifier === undefined || !ts.isStringLiteral(moduleSpecifier)) return;
  const from = resolve(module.file, moduleSpecifier.text);
  if (exportClause === undefined || !ts.isNamedExports(exportClause)) return;
  for (const { name, propertyName } of exportClause.elements) {
    const local = `export ${name.text}`;
    module.imports.set(local, { file: from, name: (propertyName ?? name).text });
    module.signatures.set(name.text, new Set([local]));
  }
}

function declarationsOf(statement: ts.Statement): [string, ts.Node][] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map((each) => [each.name.getText(), each]);
  }
  const isNamed =
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isFunctionDeclaration(statement);
  return isNamed && statement.name !== undefined ? [[statement.name.text, statement]] : [];
}

/** The identifiers of a declaration; of its functions only those of parameters and results. */
function namesIn(declaration: ts.Node): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) names.add(node.text);
    ts.forEachChild(node, (child) => (ts.isFunctionLike(node) && isBody(node, child) ? undefined : visit(child)));
  };
  visit(declaration);
  return names;
}

/** Of a function, a method, or a constant that is a function; a function inside of another value counts as a part of it. */
function isBody(owner: ts.SignatureDeclaration, child: ts.Node): boolean {
  const isOwn = !ts.isArrowFunction(owner) || ts.isVariableDeclaration(owner.parent);
  return isOwn && 'body' in owner && owner.body === child;
}

/** Each file's top-level names that hold, take or give a tenant's path. */
function findCarriers(modules: readonly Module[]): Map<string, Set<string>> {
  const carriers = new Map<string, Set<string>>([[seed.file, new Set([seed.name])]]);
  for (let grew = true; grew; ) {
    grew = false;
    for (const module of modules) {
      const own = carriers.get(module.file) ?? new Set<string>();
      for (const [name, mentioned] of module.signatures) {
        const carries = (each: string) => own.has(each) || isImported(module, each, carriers);
        if (own.has(name) || ![...mentioned].some(carries)) continue;
        own.add(name);
        grew = true;
      }
      carriers.set(module.file, own);
    }
  }
  return carriers;
}

function isImported({ imports }: Module, local: string, carriers: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  const from = imports.get(local);
  const there = from === undefined ? undefined : carriers.get(from.file);
  if (from === undefined || there === undefined) return false;
  return from.name === '*' ? there.size > 0 : there.has(from.name);
}

/** The rules that the sources break, each as `file rule: what`, and the exceptions that nothing needs. */
export function findTenantPathFaults(modules: readonly Module[]): { faults: string[]; idle: string[] } {
  const carriers = findCarriers(modules);
  const faults = modules.flatMap((module) => {
    const sees = [...module.imports.keys()].some((local) => isImported(module, local, carriers));
    return sees ? faultsOf(module) : [];
  });
  const isExcepted = ({ file, rule }: Fault) => exceptions[rule][file] !== undefined;
  const needed = new Set(faults.filter(isExcepted).map(({ file, rule }) => `${file} ${rule}`));
  const all = Object.entries(exceptions).flatMap(([rule, files]) =>
    Object.keys(files).map((file) => `${file} ${rule}`),
  );
  return {
    faults: faults
      .filter((fault) => !isExcepted(fault))
      .map(({ file, rule, what }) => `${file} ${rule}: ${what}`)
      .toSorted(),
    idle: all.filter((each) => !needed.has(each)),
  };
}

function faultsOf({ file, source }: Module): Fault[] {
  const faults: Fault[] = [];
  const add = (rule: Rule, what: string) => void faults.push({ file, rule, what });
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteral(node) && isOpener(file, node.text)) add('opens', node.text);
    if (ts.isPropertyAccessExpression(node) && node.name.text === 'getBuiltinModule') add('opens', node.getText());
    if (ts.isPropertyAccessExpression(node) && node.name.text === 'textOf') add('text', node.getText());
    if (ts.isPropertyAccessExpression(node) && node.name.text === 'shown' && !isInMessage(node)) {
      add('shows', node.getText());
    }
    if (ts.isBindingElement(node) && (node.propertyName ?? node.name).getText() === 'shown') {
      add('shows', node.getText());
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return faults;
}

function isOpener(file: string, specifier: string): boolean {
  const name = specifier.startsWith('.') ? `/${path.join(path.dirname(file), specifier)}` : specifier;
  return openers.some((pattern) => pattern.test(name));
}

/** Calls and constructors that take the text of a message. */
const messages = /^(new AppError|say|warn|refuse|tenantsOwn|invalid|noFolder|unusable|showWords)$/;

function isInMessage(node: ts.Node): boolean {
  for (let at: ts.Node = node.parent; !ts.isSourceFile(at); at = at.parent) {
    if (ts.isNewExpression(at) && messages.test(`new ${at.expression.getText()}`)) return true;
    if (ts.isCallExpression(at) && messages.test(at.expression.getText().replace(/^.*\./, ''))) return true;
  }
  return false;
}
