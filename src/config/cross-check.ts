import type { Fault } from './fault.ts';
import { nearest } from './nearest.ts';
import { isWithin } from './paths.ts';
import { STORAGE_TYPES } from './schema.ts';
import type { Sections, StorageSection } from './sections.ts';

/** Paths as they will be used: absolute, with the home folder put in. */
interface Places {
  readonly statePath: string;
  readonly expand: (path: string) => string;
}

/** What is wrong between tables that are sound each by itself. */
export function crossCheck(sections: Sections, places: Places): Fault[] {
  return [
    ...storageFaults(sections, places),
    ...referenceFaults(sections),
    ...mountedFaults(sections),
    ...mountPathFaults(sections, places),
    ...pairFaults(sections),
  ];
}

function storageFaults({ storages }: Sections, { expand }: Places): Fault[] {
  const faults: Fault[] = [];
  const owners = new Map<string, string>();
  for (const [name, section] of storages) {
    if (section.table !== 'vdir') {
      const { username, password } = section.values;
      if (password !== undefined && username === undefined)
        faults.push({ at: ['storage', name, 'password'], message: 'a password needs a username beside it' });
      faults.push(...windowFaults(name, section));
      continue;
    }
    const id = JSON.stringify([section.type, expand(section.values.path), section.values.fileext]);
    const owner = owners.get(id);
    if (owner === undefined) owners.set(id, name);
    else faults.push({ at: ['storage', name, 'path'], message: `storage.${owner} has the same folder` });
  }
  return faults;
}

/** Both as dates; one that is told in days moves. */
function windowFaults(name: string, section: StorageSection): Fault[] {
  if (section.table !== 'dav') return [];
  const { since, until } = section.values;
  if (!since || !until || 'days' in since || 'days' in until || since.date <= until.date) return [];
  return [
    { at: ['storage', name, 'until'], message: `before since (${since.date}), so that nothing is left` },
  ];
}

function referenceFaults({ references, storageNames }: Sections): Fault[] {
  const unknown = references.filter(({ storage }) => !storageNames.includes(storage));
  return unknown.map(({ at, storage }) => {
    const meant = nearest(storage, storageNames);
    const hint =
      meant === undefined ? `there are: ${storageNames.join(', ') || 'none'}` : `did you mean "${meant}"?`;
    return { at, message: `there is no [storage.${storage}]; ${hint}` };
  });
}

function mountedFaults(sections: Sections): Fault[] {
  const { mount } = sections;
  if (!mount) return [];
  const faults: Fault[] = [];
  const kinds = new Set<string>();
  for (const [index, name] of mount.storages.entries()) {
    const at = ['mount', 'storages', index];
    if (mount.storages.indexOf(name) < index)
      faults.push({ at, message: `${JSON.stringify(name)} is in the list already` });
    const section = sections.storages.get(name);
    if (section) kinds.add(kindOf(section));
  }
  if (mount.layout === 'flat' && kinds.size > 1) {
    const message =
      'a flat mount takes storages of one kind only, calendars or contacts; use "nested" or leave some storages out';
    faults.push({ at: ['mount', 'layout'], message });
  }
  return faults;
}

/** Whoever read a vdir or the state through the mount would wait for itself. */
function mountPathFaults({ mount, storages }: Sections, { statePath, expand }: Places): Fault[] {
  if (!mount) return [];
  const path = expand(mount.path);
  const taken: [what: string, path: string][] = [['the state folder', statePath]];
  for (const [name, section] of storages) {
    if (section.table === 'vdir') taken.push([`the folder of storage.${name}`, expand(section.values.path)]);
  }
  return taken
    .filter(([, other]) => isWithin(path, other) || isWithin(other, path))
    .map(([what, other]) => ({
      at: ['mount', 'path'],
      message: `${path} and ${what} (${other}) must not lie in each other`,
    }));
}

function pairFaults(sections: Sections): Fault[] {
  const faults: Fault[] = [];
  for (const [name, { a, b }] of sections.pairs) {
    const [kindOfA, kindOfB] = [a, b].map((side) => {
      const section = sections.storages.get(side);
      return section && kindOf(section);
    });
    if (a === b) faults.push({ at: ['pair', name, 'b'], message: 'a and b are the same storage' });
    else if (kindOfA !== undefined && kindOfB !== undefined && kindOfA !== kindOfB) {
      const message = `storage.${a} holds ${PLURAL[kindOfA]}, storage.${b} holds ${PLURAL[kindOfB]}; a pair needs two of one kind`;
      faults.push({ at: ['pair', name, 'b'], message });
    }
  }
  return faults;
}

const PLURAL = { calendar: 'calendars', contact: 'contacts' } as const;

const kindOf = ({ type }: StorageSection): 'calendar' | 'contact' => STORAGE_TYPES[type].kind;
