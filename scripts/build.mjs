// npm run build: src/ and the packages that it uses, as a few files in dist/. Some 500 modules read one by one would take half of the
// time of a short command. What is of native code stays in node_modules.
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from './setup.mjs';

const DIST = join(ROOT, 'dist');
const NATIVE = ['better-sqlite3', 'fuse-native'];
/**
 * What src/http uses of undici 7, put together as its index.js does. The front door loads its fetch, cookies, caches and mocks too, a sixth
 * of the time that a short command needs to start.
 */
const LEAN_UNDICI = `
  const Agent = require('undici/lib/dispatcher/agent.js');
  const Dispatcher = require('undici/lib/dispatcher/dispatcher.js');
  Object.assign(Dispatcher.prototype, { request: require('undici/lib/api/api-request.js') });
  module.exports = { Agent };
`;
const leanUndici = {
  name: 'lean-undici',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^undici$/ }, () => ({ path: 'undici', namespace: 'lean' }));
    onLoad({ filter: /./, namespace: 'lean' }, () => ({ contents: LEAN_UNDICI, resolveDir: ROOT }));
  },
};
/** Packages in CommonJS among those that are taken in ask for Node's own modules by `require`. */
const REQUIRE =
  "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);";

const { outputFiles } = await build({
  absWorkingDir: ROOT,
  entryPoints: ['src/main.ts'],
  outdir: 'dist',
  // One depth for all: src/app/version.ts finds package.json from there as it does from its own place.
  chunkNames: 'parts/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  external: NATIVE,
  plugins: [leanUndici],
  // Comments and blanks would have to be read at every start; names stay, for the sake of stack traces.
  minifyWhitespace: true,
  minifySyntax: true,
  sourcemap: 'linked',
  sourcesContent: false,
  banner: { js: REQUIRE },
  legalComments: 'eof',
  logLevel: 'warning',
  write: false,
});

// A program that is being used meanwhile finds either the old parts or the new ones: main.js, which names them, comes last but one.
const isMain = ({ path }) => path === join(DIST, 'main.js');
for (const file of outputFiles.filter((one) => !isMain(one))) write(file);
for (const file of outputFiles.filter(isMain)) write(file);
removeOthers(new Set(outputFiles.map(({ path }) => relative(DIST, path))));
writeFileSync(join(DIST, '.built'), '');

function write({ path, contents }) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, contents);
  renameSync(`${path}.new`, path);
}

/** What earlier builds left. */
function removeOthers(wanted) {
  const folders = new Set([...wanted].map(dirname));
  for (const entry of readdirSync(DIST, { recursive: true, withFileTypes: true })) {
    const name = relative(DIST, join(entry.parentPath, entry.name));
    if (!wanted.has(name) && !folders.has(name)) rmSync(join(DIST, name), { recursive: true, force: true });
  }
}
