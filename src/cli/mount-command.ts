import { Command, Option } from 'commander';
import type { MountFlags } from '../app/run-mount.ts';
import { type CommandContext, example } from './context.ts';

export const mountCommand = ({ base }: CommandContext): Command =>
  new Command('mount')
    .description('show the storages as files and keep them in step until stopped')
    .argument('[dir]', 'where to mount (default: mount.path of the configuration, ~/calendars)')
    .option('-d, --daemon', 'return once the mount is live, and go on in the background', false)
    .option('--read-only', 'take no edits', false)
    .option('--allow-other', 'let other users in (non-root: needs user_allow_other in /etc/fuse.conf)', false)
    .option('--url <url>', 'without a configuration: an account or a feed to mount')
    .addOption(
      new Option('--type <type>', 'what --url or --vdir is').choices([
        'caldav',
        'carddav',
        'webcal',
        'vdir/icalendar',
        'vdir/vcard',
      ]),
    )
    .option('--username <name>', 'who logs in at --url (password: $PIMSYNC_PASSWORD, else asked)')
    .option('--vdir <path>', 'without a configuration: a folder of vdirs to mount')
    .addHelpText(
      'after',
      example('pimsync mount ~/calendars', 'pimsync mount /mnt --url https://dav.example.com/ --username me'),
    )
    .action(async (directory: string | undefined, flags: MountFlags) => {
      const { runMount } = await import('../app/run-mount.ts');
      await runMount({ ...base(), directory, flags });
    });
