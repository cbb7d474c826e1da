// An engine that does what the text of its "configuration" tells it: to get ready, to be wrong, to find the state taken.
process.on('message', (message) => {
  if (message.type === 'replaced') process.disconnect();
  if (message.type !== 'start') return;
  const { text } = message.source;
  process.stdout.write(`${text}\n`);
  if (text.startsWith('ready')) process.send({ type: 'ready' });
  else
    process.send({ type: 'failed', code: text === 'busy' ? 'busy' : 'config', message: text }, () =>
      process.disconnect(),
    );
});
process.once('disconnect', () => process.exit(0));
