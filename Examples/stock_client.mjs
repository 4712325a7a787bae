// Puts parts into the warehouse, takes them out again, and prints what it hears.
//
// Run it:  node Examples/stock_client.mjs 12003
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

const socket = connect(Number(process.argv[2]), '127.0.0.1');
const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
let id = 0;

async function ask(request) {
    socket.write(JSON.stringify({ id: ++id, ...request }) + '\n');
    return hear();
}

async function hear() {
    const { value } = await lines.next();
    console.log(value);
    return JSON.parse(value);
}

await ask({ do: 'put', part: 'screw M4', count: 100 });
await ask({ do: 'put', part: 'Mutter M4', count: 3 });
await ask({ do: 'take', part: 'screw M4', count: 8 });
await ask({ do: 'take', part: 'Mutter M4', count: 4 });
await ask({ do: 'take', part: 'Mutter M4', count: 3 });
await hear(); // it has run out
await ask({ do: 'count' });
socket.end();
