// node sheets.mjs: what Papa Parse reads of CSV. Each line asked is a file, as {"csv"}; each line answered is its rows.
import { createInterface } from 'node:readline';
import Papa from 'papaparse';

for await (const line of createInterface({ input: process.stdin })) {
  const { data, errors } = Papa.parse(JSON.parse(line).csv, { skipEmptyLines: 'greedy' });
  console.log(JSON.stringify({ rows: data, errors: errors.map((e) => e.message) }));
}
