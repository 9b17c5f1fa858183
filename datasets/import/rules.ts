/**
 * What rows must obey before they may enter the store. Nothing here repairs or drops: a rule that rows break is a fault, with
 * the file, the first such row, the field and how many there are. Only two kinds of row are left out, counted and named in
 * the manifest: a bar that had not closed yet, and a row that says again what another has said.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Fault } from '../../engine/config.ts';
import { hourMs, isoMinute } from '../../engine/panel/hours.ts';
import { FUNDING_JITTER_MS } from '../../engine/panel/panel.ts';
import type { Rejection } from '../dataset.ts';
import { allRows, sqlName } from '../duck.ts';
import { asideFields, barMs, type ImportTable } from './layout.ts';
import type { SourceFile } from './source.ts';
import { rowCount } from './tabular.ts';
import { otherTimeUnits } from './time-units.ts';

/** The rows of one table from all its files: a relation with `file, row, ts, symbol` and these numbers. */
export interface RawTable {
  /** Distinguishes the temporary tables made for it. */
  readonly id: string;
  readonly table: ImportTable;
  readonly relation: string;
  readonly numbers: readonly string[];
  /** Fields reported as unreadable already, as `<file index> <field>`: that they are empty is no further news. */
  readonly unreadable: ReadonlySet<string>;
}

interface Rule {
  readonly field: string;
  /** True for the rule that a value must be there. */
  readonly presence?: true;
  /** SQL that is true for a bad row. */
  readonly bad: string;
  /** SQL text of what the row has, shown in the message. */
  readonly shown: string;
  readonly message: string;
}

const repair = 'Repair the file, or drop those rows';

// Epoch milliseconds between 1973 and 5138; seconds, micro- and nanoseconds of our time all fall outside.
const isMilliseconds = 'ts >= 100000000000 AND ts < 100000000000000';

/** @returns one fault per file and rule that is broken */
export async function checkRules(
  duck: DuckDBConnection,
  raw: RawTable,
  sources: ReadonlyMap<number, SourceFile>,
): Promise<readonly Fault[]> {
  const rules = rulesOf(raw);
  const select = rules.flatMap(({ bad }, index) => [
    `count(*) FILTER (WHERE ${bad}) AS count_${index}`,
    `min("row") FILTER (WHERE ${bad}) AS row_${index}`,
  ]);
  const found = await allRows(
    duck,
    `SELECT file, ${select.join(', ')} FROM ${raw.relation} GROUP BY file ORDER BY file`,
  );
  const faults: Fault[] = [];
  for (const line of found) {
    const source = sources.get(Number(line['file']))!;
    for (const [index, rule] of rules.entries()) {
      const count = Number(line[`count_${index}`]);
      if (count === 0) continue;
      if (rule.presence === true && raw.unreadable.has(`${source.index} ${rule.field}`)) continue;
      const row = Number(line[`row_${index}`]);
      const shown = await shownRow(duck, raw, { file: source.index, row, shown: rule.shown });
      faults.push({
        path: `${source.path} row ${row}, ${rule.field}`,
        message: `${shown} ${rule.message.replace('#', rowCount(count))}.`,
      });
    }
  }
  return faults;
}

function rulesOf(raw: RawTable): readonly Rule[] {
  switch (raw.table) {
    case 'scores':
      return [...namingRules, hourRule, ...scoreRules(raw.numbers)];
    case 'funding':
      // Settlements carry the venue's own jitter and need not lie on the hour.
      return [...namingRules, ...fundingRules(raw.numbers)];
    case 'bars':
    case 'mark':
    case 'spot':
      return [...namingRules, hourRule, ...priceRules(raw.numbers)];
    default:
      return [...namingRules, stepRule(barMs(raw.table) ?? hourMs), ...priceRules(raw.numbers)];
  }
}

const namingRules: readonly Rule[] = [
  {
    field: 'symbol',
    bad: "symbol IS NULL OR symbol = ''",
    shown: "'the symbol'",
    message: `is missing (#). ${repair}`,
  },
  {
    field: 'ts',
    presence: true,
    bad: 'ts IS NULL',
    shown: "'the time'",
    message: `is missing (#). ${repair}`,
  },
  ...otherTimeUnits.map(
    ({ name, from, below, repair: how }): Rule => ({
      field: 'ts',
      bad: `ts >= ${from}${below === null ? '' : ` AND ts < ${below}`}`,
      shown: 'ts',
      message: `looks like a time in ${name} (#). ${how}: times are epoch milliseconds`,
    }),
  ),
  { field: 'ts', bad: 'ts <= 0', shown: 'ts', message: `is no time after 1970 (#). ${repair}` },
];

const hourRule: Rule = {
  field: 'ts',
  bad: `${isMilliseconds} AND ts % ${hourMs} <> 0`,
  shown: 'ts',
  message:
    'does not lie on the hour (#). Rows are named by the open time of hourly bars; aggregate finer bars first',
};

function stepRule(stepMs: number): Rule {
  return {
    field: 'ts',
    bad: `${isMilliseconds} AND ts % ${stepMs} <> 0`,
    shown: 'ts',
    message: `is no open time of a ${lengthText(stepMs)} bar (#). Name the length that the bars have`,
  };
}

function lengthText(stepMs: number): string {
  return stepMs === hourMs ? 'hourly' : `${stepMs / 60_000}-minute`;
}

function fundingRules(numbers: readonly string[]): readonly Rule[] {
  const rules: Rule[] = [
    {
      field: 'rate',
      presence: true,
      bad: 'rate IS NULL OR NOT isfinite(rate)',
      shown: 'rate',
      message: `is no rate (#). ${repair}`,
    },
    {
      field: 'rate',
      bad: 'isfinite(rate) AND abs(rate) >= 1',
      shown: 'rate',
      message: 'is not a fraction of notional (#). Divide per cent by 100, basis points by 10,000',
    },
  ];
  if (!numbers.includes('mark')) return rules;
  const mark: Rule = {
    field: 'mark',
    bad: 'mark <= 0 OR isinf(mark)',
    shown: 'mark',
    message: `is no price (#). ${repair}`,
  };
  return [...rules, mark];
}

function scoreRules(numbers: readonly string[]): readonly Rule[] {
  return numbers.map((name) => ({
    field: name,
    bad: `isinf(${sqlName(name)})`,
    shown: sqlName(name),
    message: `is not finite (#). ${repair}`,
  }));
}

function priceRules(numbers: readonly string[]): readonly Rule[] {
  const rules: Rule[] = ['open', 'high', 'low', 'close'].flatMap((field) => [
    {
      field,
      presence: true,
      bad: `${field} IS NULL`,
      shown: "'the price'",
      message: `is missing (#). ${repair}`,
    },
    { field, bad: `NOT isfinite(${field})`, shown: field, message: `is not a finite number (#). ${repair}` },
    { field, bad: `${field} <= 0`, shown: field, message: `is not a positive price (#). ${repair}` },
  ]);
  const finite = 'isfinite(open) AND isfinite(high) AND isfinite(low) AND isfinite(close)';
  rules.push(
    {
      field: 'high',
      bad: `${finite} AND high < low`,
      shown: "concat('high ', high, ', low ', low, ':')",
      message: `high is lower than low (#). ${repair}`,
    },
    {
      field: 'high',
      bad: `${finite} AND high >= low AND high < greatest(open, close)`,
      shown: "concat('open ', open, ', high ', high, ', close ', close, ':')",
      message: `open or close lies above high (#). ${repair}`,
    },
    {
      field: 'low',
      bad: `${finite} AND high >= low AND low > least(open, close)`,
      shown: "concat('open ', open, ', low ', low, ', close ', close, ':')",
      message: `open or close lies below low (#). ${repair}`,
    },
  );
  for (const field of ['volume', 'quote_volume', 'trades'].filter((name) => numbers.includes(name))) {
    rules.push({
      field,
      bad: `${field} < 0 OR isinf(${field})`,
      shown: field,
      message: `is no volume (#). ${repair}`,
    });
  }
  return rules;
}

async function shownRow(
  duck: DuckDBConnection,
  raw: RawTable,
  at: { readonly file: number; readonly row: number; readonly shown: string },
): Promise<string> {
  const [found] = await allRows(
    duck,
    `SELECT symbol, CASE WHEN ${isMilliseconds} THEN ts END AS time, CAST(${at.shown} AS VARCHAR) AS shown
     FROM ${raw.relation} WHERE file = ${at.file} AND "row" = ${at.row} LIMIT 1`,
  );
  const time = found?.['time'];
  const stamp = typeof time === 'number' ? ` ${isoMinute(time)}` : '';
  return `${found?.['symbol'] ?? ''}${stamp}: ${found?.['shown'] ?? 'nothing'}`.trim();
}

/** Bars of another length than wanted, as far as the file itself tells: by close times, or by never lying that far apart. */
export async function checkStep(
  duck: DuckDBConnection,
  raw: RawTable,
  sources: ReadonlyMap<number, SourceFile>,
): Promise<readonly Fault[]> {
  const stepMs = barMs(raw.table);
  if (stepMs === null) return [];
  const wanted = `${stepMs === hourMs ? 'Hourly' : lengthText(stepMs)} bars are needed here.`;
  const faults: Fault[] = [];
  const thin = await allRows(
    duck,
    `SELECT file FROM (SELECT file, symbol, count(*) AS bars, (max(ts) - min(ts)) / ${stepMs} + 1 AS steps
       FROM ${raw.relation} GROUP BY file, symbol) GROUP BY file HAVING max(bars / steps) FILTER (WHERE bars >= 3) <= 0.5 ORDER BY file`,
  );
  for (const { file } of thin) {
    const [gap] = await allRows(
      duck,
      `SELECT min(ts - before) AS least FROM (SELECT ts, lag(ts) OVER (PARTITION BY symbol ORDER BY ts) AS before
         FROM ${raw.relation} WHERE file = ${file}) WHERE ts > before`,
    );
    const least = Number(gap?.['least']);
    if (least > stepMs) {
      faults.push({
        path: `${sources.get(Number(file))!.path}, ts`,
        message: `no two bars lie ${stepMs === hourMs ? 'one hour' : `${stepMs / 60_000} minutes`} apart; the nearest are ${least / hourMs} hours apart. ${wanted}`,
      });
    }
  }
  if (!raw.numbers.includes('close_time')) return faults;
  const short = await allRows(
    duck,
    `SELECT file, count(*) AS count, min("row") AS first FROM ${raw.relation}
     WHERE close_time IS NOT NULL AND (close_time > ts + ${stepMs} OR close_time < ts + ${stepMs - 1_000})
       AND NOT ${unclosed(raw)} GROUP BY file ORDER BY file`,
  );
  for (const { file, count, first } of short) {
    const source = sources.get(Number(file))!;
    const shown = await shownRow(duck, raw, { file: source.index, row: Number(first), shown: 'close_time' });
    faults.push({
      path: `${source.path} row ${first}, close_time`,
      message: `${shown} is not ${stepMs === hourMs ? 'one hour' : `${stepMs / 60_000} minutes`} after the open (${rowCount(Number(count))}). ${wanted}`,
    });
  }
  return faults;
}

/** SQL that is true for a bar that was still open: marked so, or the coin's last in its file and too short. */
function unclosed(raw: RawTable): string {
  const marked = raw.numbers.includes('closed') ? 'coalesce(closed = 0, false)' : 'false';
  if (!raw.numbers.includes('close_time')) return marked;
  const last = `(file, symbol, ts) IN (SELECT (file, symbol, max(ts)) FROM ${raw.relation} GROUP BY file, symbol)`;
  return `(${marked} OR (coalesce(close_time < ts + ${(barMs(raw.table) ?? hourMs) - 1_000}, false) AND close_time > ts AND ${last}))`;
}

export interface LeftOut {
  /** Rows to leave out, as a table of (file, row), or null where all rows are taken. */
  readonly table: string | null;
  readonly rejected: readonly Rejection[];
}

/** Lists the bars that had not closed. */
export async function unclosedRows(
  duck: DuckDBConnection,
  raw: RawTable,
  sources: ReadonlyMap<number, SourceFile>,
): Promise<LeftOut> {
  if (!raw.numbers.includes('closed') && !raw.numbers.includes('close_time'))
    return { table: null, rejected: [] };
  const table = `unclosed_${raw.id}`;
  await duck.run(
    `CREATE OR REPLACE TEMP TABLE ${table} AS SELECT file, "row" FROM ${raw.relation} WHERE ${unclosed(raw)}`,
  );
  return await leftOut(duck, raw, sources, { table, rule: 'unclosed-bar' });
}

/** What makes two rows speak of the same thing: for funding the stamp, since recorded times jitter. */
function keyTime(raw: RawTable): string {
  if (raw.table !== 'funding') return 'ts';
  return `CAST(ceil((ts - ${FUNDING_JITTER_MS}) / ${hourMs}) AS BIGINT) * ${hourMs}`;
}

/** Lists rows given twice: equal ones are left out (the later), different ones are faults naming both places. */
export async function repeatedRows(
  duck: DuckDBConnection,
  raw: RawTable,
  sources: ReadonlyMap<number, SourceFile>,
  faults: Fault[],
): Promise<LeftOut & { readonly fuller: string | null }> {
  const key = keyTime(raw);
  const [counted] = await allRows(
    duck,
    `SELECT count(*) AS rows, count(DISTINCT coin::BIGINT * 100000000000000 + ${key}) AS keys
     FROM ${raw.relation} JOIN coins_${raw.id} USING (symbol)`,
  );
  if (counted?.['rows'] === counted?.['keys']) return { table: null, rejected: [], fuller: null };
  const twins = `twins_${raw.id}`;
  const values = raw.numbers.filter((name) => !asideFields.has(name));
  await duck.run(
    `CREATE OR REPLACE TEMP TABLE ${twins} AS SELECT *, ${key} AS key_time,
       row_number() OVER (PARTITION BY symbol, ${key} ORDER BY file, "row") AS nth FROM ${raw.relation}
     WHERE (symbol, ${key}) IN (SELECT (symbol, ${key}) FROM ${raw.relation} GROUP BY symbol, ${key} HAVING count(*) > 1)`,
  );
  faults.push(...(await contradictions(duck, raw, sources, values)));
  const table = `repeated_${raw.id}`;
  await duck.run(`CREATE OR REPLACE TEMP TABLE ${table} AS SELECT file, "row" FROM ${twins} WHERE nth > 1`);
  // Where twins agree but one leaves fields out, the row that stays takes them over.
  const fuller = `fuller_${raw.id}`;
  const merged = values.map((name) => `max(${sqlName(name)}) AS ${sqlName(name)}`).join(', ');
  await duck.run(
    `CREATE OR REPLACE TEMP TABLE ${fuller} AS SELECT first(file ORDER BY nth) AS file, first("row" ORDER BY nth) AS "row",
       ${merged} FROM ${twins} GROUP BY symbol, key_time`,
  );
  return { ...(await leftOut(duck, raw, sources, { table, rule: 'duplicate' })), fuller };
}

async function contradictions(
  duck: DuckDBConnection,
  raw: RawTable,
  sources: ReadonlyMap<number, SourceFile>,
  values: readonly string[],
): Promise<readonly Fault[]> {
  const faults: Fault[] = [];
  for (const name of values) {
    const column = sqlName(name);
    const found = await allRows(
      duck,
      `SELECT a.file AS file_a, b.file AS file_b, count(*) AS count, min(a."row") AS row_a,
         arg_min(b."row", a."row") AS row_b, arg_min(a.symbol, a."row") AS symbol, arg_min(a.key_time, a."row") AS time,
         arg_min(a.${column}, a."row") AS value_a, arg_min(b.${column}, a."row") AS value_b
       FROM twins_${raw.id} a JOIN twins_${raw.id} b ON a.symbol = b.symbol AND a.key_time = b.key_time AND a.nth < b.nth
       WHERE a.${column} <> b.${column} GROUP BY a.file, b.file ORDER BY 1, 2`,
    );
    for (const row of found) {
      const a = sources.get(Number(row['file_a']))!;
      const b = sources.get(Number(row['file_b']))!;
      const count = Number(row['count']);
      faults.push({
        path: `${a.path} row ${row['row_a']}, ${name}`,
        message: `${row['symbol']} ${isoMinute(Number(row['time']))}: ${row['value_a']} here, ${row['value_b']} in ${b.path} row ${row['row_b']} (${rowCount(count)}). Keep one of the two.`,
      });
    }
  }
  return faults;
}

async function leftOut(
  duck: DuckDBConnection,
  raw: RawTable,
  sources: ReadonlyMap<number, SourceFile>,
  out: { readonly table: string; readonly rule: string },
): Promise<LeftOut> {
  const found = await allRows(
    duck,
    `SELECT file, count(*) AS rows, min("row") AS first, arg_min(symbol, "row") AS symbol, arg_min(ts, "row") AS ts
     FROM ${out.table} JOIN ${raw.relation} USING (file, "row") GROUP BY file ORDER BY file`,
  );
  const rejected = found.map((line) => ({
    file: sources.get(Number(line['file']))!.fileName,
    rule: out.rule,
    rows: Number(line['rows']),
    example: `row ${line['first']}: ${line['symbol']} ${isoMinute(Number(line['ts']))}`,
  }));
  return { table: rejected.length === 0 ? null : out.table, rejected };
}
