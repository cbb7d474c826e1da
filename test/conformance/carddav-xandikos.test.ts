import { startXandikos } from '../servers/xandikos.ts';
import { describeDav } from './dav-subject.ts';
import { XANDIKOS_FAILURES } from './xandikos-failures.ts';

describeDav({
  server: 'xandikos',
  kind: 'contact',
  start: startXandikos,
  knownFailures: {
    collection: {
      'refuses to create an item whose UID is there under another name':
        'Xandikos 0.2.8 looks for duplicate UIDs in calendars only',
    },
    storage: XANDIKOS_FAILURES,
  },
});
