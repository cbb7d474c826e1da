import { startXandikos } from '../servers/xandikos.ts';
import { describeDav } from './dav-subject.ts';
import { XANDIKOS_FAILURES } from './xandikos-failures.ts';

const NO_DESCRIPTION = 'Xandikos 0.2.8 has a description for calendars and sets none (409)';
const NO_ORDER = 'Xandikos 0.2.8 says 200 to an order and keeps none';

describeDav({
  server: 'xandikos',
  kind: 'calendar',
  start: startXandikos,
  knownFailures: {
    collection: {
      'keeps an item whose UID has a way up, backwards':
        'Xandikos 0.2.8 doubles a backslash in a UID when it stores it',
    },
    storage: {
      ...XANDIKOS_FAILURES,
      'sets and changes the description, if it has one': NO_DESCRIPTION,
      'takes the description away, if it has one': NO_DESCRIPTION,
      'takes a description without the blanks around it, if it has one': NO_DESCRIPTION,
      'takes a blank description for none, if it has one': NO_DESCRIPTION,
      'sets and changes the order, if it has one': NO_ORDER,
      'takes the order away, if it has one': NO_ORDER,
    },
  },
});
