// A warehouse that speaks JSON, a line a message: parts are put in, taken out and counted; everybody hears when one runs out.
//
// Run it:  node Examples/stock_server.mjs 12003
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

const stock = new Map();
const clients = new Set();

function answer({ id, do: what, part, count = 1 }) {
    const there = stock.get(part) ?? 0;
    switch (what) {
        case 'put':
            stock.set(part, there + count);
            return { id, part, there: there + count };
        case 'take':
            if (count > there) return { id, error: `there are ${there} of ${part}` };
            stock.set(part, there - count);
            return { id, part, there: there - count };
        case 'count':
            return { id, stock: Object.fromEntries(stock) };
        default:
            return { id, error: `what is "${what}"?` };
    }
}

const server = createServer((socket) => {
    clients.add(socket);
    socket.on('close', () => clients.delete(socket)).on('error', () => {});
    // readline puts together what TCP cut apart, and apart what it put together.
    createInterface({ input: socket }).on('line', (line) => {
        const reply = answer(JSON.parse(line));
        socket.write(JSON.stringify(reply) + '\n');
        if (reply.there === 0) {
            for (const client of clients) client.write(JSON.stringify({ event: 'empty', part: reply.part }) + '\n');
        }
    });
});
server.listen(Number(process.argv[2]), '127.0.0.1', () => console.log(`listening on port ${server.address().port}`));
