#!/usr/bin/env node
// Keeps a sum for each client, as tapedeck's child.
//
// Run it:  tapedeck serve --listen 12000:json --reply 'exec:node Examples/exec/sum.js'
const sums = new Map();

require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const { session, event, value } = JSON.parse(line);
    if (event === 'close') return sums.delete(session);
    if (event !== 'message') return;
    if (typeof value !== 'number') return say({ session, value: { error: 'send numbers' } });
    sums.set(session, (sums.get(session) ?? 0) + value);
    say({ session, value: { sum: sums.get(session) } });
});

function say(answer) {
    process.stdout.write(JSON.stringify(answer) + '\n');
}
