// A process of the app: opens the database, runs SQL (the last statement again and again with --loop), then keeps it open.
import { DatabaseSync } from '@photostructure/sqlite';

const [file, ...words] = process.argv.slice(2);
const isLoop = words[0] === '--loop';
const statements = isLoop ? words.slice(1) : words;
const database = new DatabaseSync(file, { timeout: 5000 });
for (const sql of statements) database.exec(sql);
process.stdout.write('ready\n');
if (isLoop) {
  setInterval(() => database.exec(statements.at(-1)), 5);
} else {
  setInterval(() => database.isOpen, 1_000_000);
}
