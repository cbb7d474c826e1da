import { after, before, describe } from 'node:test';
import type { ItemKind } from '../../src/core/item.ts';
import { collectionId } from '../../src/core/storage.ts';
import { createDavStorage } from '../../src/dav/storage.ts';
import { RawDav } from '../servers/raw-dav.ts';
import type { TestServer } from '../servers/server.ts';
import { accountOn } from '../support/dav-options.ts';
import { type Requirement, requirement } from '../support/requirements.ts';
import { describeCollection } from './collection-suite.ts';
import { describeStorage } from './storage-suite.ts';

interface DavSubject {
  readonly server: Requirement & TestServer['name'];
  readonly kind: ItemKind;
  readonly start: () => Promise<TestServer>;
  /** Title → reason, as in the suites. */
  readonly knownFailures?: {
    readonly collection?: Record<string, string>;
    readonly storage?: Record<string, string>;
  };
}

/** Runs both suites against one real server; each rule of the first gets a collection of its own, each of the second a server's. */
export function describeDav({ server: name, kind, start, knownFailures = {} }: DavSubject): void {
  describe(`${kind}s on ${name}`, { skip: requirement(name) ?? false }, () => {
    let server: TestServer;
    let rule = 0;

    before(async () => {
      server = await start();
    });
    after(() => server.stop());

    describeCollection({
      name: `DAV collection on ${name}`,
      kind,
      knownFailures: knownFailures.collection ?? {},
      async open() {
        rule += 1;
        const storage = createDavStorage(accountOn(kind, server));
        const info = await storage.createCollection({
          id: collectionId(`rule-${rule}`),
          kind,
          properties: {},
        });
        return {
          collection: storage.open(info),
          async close() {
            await storage.close();
            // Left behind, they would make each look at the home slower than the one before.
            await new RawDav(server).remove(new URL(info.href, server.url));
          },
        };
      },
    });

    describeStorage({
      name: `DAV storage on ${name}`,
      kind,
      knownFailures: knownFailures.storage ?? {},
      async open() {
        const own = await start();
        const storage = createDavStorage(accountOn(kind, own));
        return {
          storage,
          async close() {
            await storage.close();
            await own.stop();
          },
        };
      },
    });
  });
}
