import { createHash } from 'node:crypto';
import { RecordingProxy } from '../recording-proxy.ts';
import { assertEqual } from '../setting.ts';
import type { Stage } from './stage.ts';
import { type Task, UP, up } from './task.ts';

/**
 * The first sync up with somebody else taking the items: Radicale 3.1 looks at everything it has at each PUT, so that 10,000 of
 * them take it the better part of an hour, whoever sends them. Here each is answered as soon as it is there; all else is asked of
 * Radicale. The door leads there from now on.
 */
export async function upToStandIn(
  stage: Stage,
): Promise<{ readonly task: Task; readonly recorder: RecordingProxy }> {
  const taken = new Set<string>();
  const recorder = await RecordingProxy.start(stage.server.account, stage.setting, {
    standIn(method, { pathname }, body) {
      if (method !== 'PUT') return undefined;
      taken.add(pathname);
      const etag = `"${createHash('sha256').update(body).digest('hex')}"`;
      return { status: 201, headers: { etag } };
    },
  });
  stage.door.target = recorder.account.url;
  const real = up(stage);
  const task: Task = {
    ...real,
    name: `${UP}, PUTs answered at once`,
    async prepare(contender) {
      await real.prepare(contender);
      taken.clear();
    },
    check: () => Promise.resolve(assertEqual('items that were sent', taken.size, stage.events)),
  };
  return { task, recorder };
}
