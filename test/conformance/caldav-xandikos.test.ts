import { startXandikos } from '../servers/xandikos.ts';
import { describeDav } from './dav-subject.ts';

describeDav({
  server: 'xandikos',
  kind: 'calendar',
  start: startXandikos,
  knownFailures: {
    collection: {
      'keeps an item whose UID has a way up, backwards':
        'Xandikos 0.2.8 doubles a backslash in a UID when it stores it',
    },
  },
});
