// ShareDB as its documentation sets it up, with PostgreSQL. Prints where it
// listens when it is ready.
//
//   node server.mjs postgresql://…
import fs from 'node:fs';
import { createRequire } from 'node:module';

import WebSocketJSONStream from '@teamwork/websocket-json-stream';
import { type } from 'ot-text-unicode';
import ShareDB from 'sharedb';
import PostgresDB from 'sharedb-postgres';
import { WebSocketServer } from 'ws';

const require = createRequire(import.meta.url);
const { Client } = createRequire(require.resolve('sharedb-postgres'))('pg');

const connectionString = process.argv[2];
const client = new Client({ connectionString });
await client.connect();
await client.query(fs.readFileSync(require.resolve('sharedb-postgres/structure.sql'), 'utf8'));
await client.end();

ShareDB.types.register(type);
const backend = new ShareDB({ db: new PostgresDB({ connectionString }) });
const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0 });
sockets.on('connection', (socket) => backend.listen(new WebSocketJSONStream(socket)));
sockets.on('listening', () => console.log(`ready at http://127.0.0.1:${sockets.address().port}`));
process.on('SIGTERM', () => process.exit(0));
