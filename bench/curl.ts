import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from './run-command.ts';

export interface WebRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What curl sets by itself, or would make it wait. */
const NOT_REPEATED: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'expect',
]);

/**
 * The floor: the same requests, and nothing done with the answers.
 * @param parallel how many at once
 * @returns the seconds it took
 * @throws Error when one of them is not answered with success
 */
export async function curl(requests: readonly WebRequest[], parallel: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'pimsync-bench-curl-'));
  try {
    const blocks = await Promise.all(
      requests.map((request, index) => toBlock(request, join(folder, `body-${index}`))),
    );
    const config = join(folder, 'requests');
    await writeFile(config, blocks.join('next\n'), { mode: 0o600 });
    const atOnce =
      parallel > 1 ? ['--parallel', '--parallel-immediate', '--parallel-max', String(parallel)] : [];
    const { seconds, stdout } = await runCommand('curl', ['--disable', ...atOnce, '--config', config]);
    const bad = stdout.split('\n').filter((status) => status !== '' && !status.startsWith('2'));
    if (bad.length > 0) throw new Error(`curl was answered with ${bad.join(', ')}`);
    return seconds;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** One request in the words of curl's configuration file. */
async function toBlock({ method, url, headers, body }: WebRequest, bodyFile: string): Promise<string> {
  const lines = [
    'silent',
    'show-error',
    `request = "${method}"`,
    `url = "${url.href}"`,
    'output = "/dev/null"',
  ];
  lines.push(String.raw`write-out = "%{http_code}\n"`, 'header = "Expect:"');
  for (const [name, value] of Object.entries(headers))
    if (!NOT_REPEATED.has(name))
      lines.push(`header = "${name}: ${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`);
  if (body !== '') {
    await writeFile(bodyFile, body, { mode: 0o600 });
    lines.push(`data-binary = "@${bodyFile}"`);
  }
  return `${lines.join('\n')}\n`;
}
