import type { TestContext } from 'node:test';
import { Desk } from './desk.ts';
import { eventText } from './items.ts';
import { endsOf } from './program.ts';

/** What `history --json` tells. */
export interface Version {
  readonly number: number;
  readonly path: string;
  readonly size: number;
  readonly title: string;
  readonly replacedAtMs: number;
  readonly why: string;
}
export interface Item {
  readonly path: string;
  readonly uid: string;
  readonly state: string;
  readonly versions: readonly Version[];
}

export const event = (uid: string, summary = uid): string => eventText({ uid, summary });

/** A folder with three events in `local/work`, of which the state folder knows; nothing is mounted, and nothing runs. */
export class HistoryDesk {
  readonly desk: Desk;

  constructor(desk: Desk) {
    this.desk = desk;
  }

  static async make(t: TestContext, mountLines: readonly string[] = []): Promise<HistoryDesk> {
    const desk = await Desk.make(endsOf(t), { storages: { local: 'vdir/icalendar' } });
    const made = new HistoryDesk(desk);
    for (const name of ['a', 'b', 'c']) await made.put(`work/${name}.ics`, event(name));
    await made.configure(mountLines);
    await desk.syncs();
    return made;
  }

  configure(mountLines: readonly string[] = []): Promise<void> {
    const path = JSON.stringify(this.desk.at('local'));
    return this.desk.place.configure({
      storages: [`[storage.local]\ntype = "vdir/icalendar"\npath = ${path}\ninterval = "1h"\nwatch = false`],
      mounted: ['local'],
      mountLines,
    });
  }

  put(file: string, text: string): Promise<void> {
    return this.desk.put(`local/${file}`, text);
  }

  /** A path as it would be in the mount. */
  at(...names: readonly string[]): string {
    return this.desk.place.at('local', ...names);
  }

  async items(...path: readonly string[]): Promise<readonly Item[]> {
    return (await this.desk.json('history', this.at(...path))) as readonly Item[];
  }

  async versions(...path: readonly string[]): Promise<readonly Version[]> {
    return ((await this.desk.json('history', this.at(...path))) as Item).versions;
  }
}
