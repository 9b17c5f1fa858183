/** SQL over stored scores, under names that do not depend on a dataset. */
import { join } from 'node:path';
import { hourMs } from '../../engine/panel/hours.ts';
import type { BoosterSpec } from '../../engine/signal/model-plan.ts';
import type { SideSignal } from '../../engine/signal/plan-signals.ts';
import type { View } from '../columns/views.ts';
import { sqlFile, sqlName, sqlText } from '../duck.ts';
import type { StoredScores } from './score-set.ts';

const libraries: readonly BoosterSpec['library'][] = ['lightgbm', 'xgboost', 'catboost'];

/**
 * Views over scores; the two by name are there also where nothing was scored.
 *
 *   `<dataset>_<strategy>_scores`  the columns as stored
 *   `bot_order_signals`            a row for each score of a side: `dataset, strategy, id, ts, decision_ms, symbol, side` (BUY or
 *                                  SELL), `score` (logit), `expected_value`, the members' logits by library, `iso_score` (a
 *                                  diagnosis, mostly NULL), `weight_set, version`
 *   `ML_SIGNALS_V2`                a row for each ranked coin: `dataset, strategy, date, ts, decision_ms, symbol, signal_score`
 *                                  (probability of the top third less that of the bottom), `p_out, p_middle, p_under`, `rank` (1 the
 *                                  highest of the hour, equal ones by symbol), `version`
 *
 * `ts` is the open time of the bar whose close is the decision, as in all tables; `decision_ms` that close. Epoch ms UTC.
 */
export function scoreViews(scores: readonly StoredScores[]): readonly View[] {
  const filled = scores.filter(({ manifest }) => manifest.files.length > 0);
  const rowsOf = ({ dir, manifest }: StoredScores) =>
    `read_parquet([${manifest.files.map(({ file }) => sqlFile(join(dir, file))).join(', ')}])`;
  const stored = filled.map((one) => ({
    name: `${one.manifest.dataset}_${one.manifest.strategy}_scores`,
    select: `SELECT * FROM ${rowsOf(one)}`,
  }));
  const signals = filled.flatMap((one) =>
    one.manifest.signals.sides.map((side) => sideSelect(one, side, rowsOf(one))),
  );
  const rankings = filled.flatMap((one) => rankingSelect(one, rowsOf(one)) ?? []);
  return [
    ...stored,
    { name: 'bot_order_signals', select: [noSignals, ...signals].join(' UNION ALL ') },
    { name: 'ML_SIGNALS_V2', select: [noRankings, ...rankings].join(' UNION ALL ') },
  ];
}

type Typed = readonly [name: string, type: 'VARCHAR' | 'BIGINT' | 'DOUBLE'];

const none = (columns: readonly Typed[]) =>
  `SELECT ${columns.map(([name, type]) => `NULL::${type} AS ${name}`).join(', ')} WHERE false`;

const noSignals = none([
  ...(['dataset', 'strategy', 'id'] as const).map((name) => [name, 'VARCHAR'] as const),
  ...[['ts', 'BIGINT'] as const, ['decision_ms', 'BIGINT'] as const],
  ...[['symbol', 'VARCHAR'] as const, ['side', 'VARCHAR'] as const],
  ...[['score', 'DOUBLE'] as const, ['expected_value', 'DOUBLE'] as const],
  ...libraries.map((library) => [`${library}_logit`, 'DOUBLE'] as const),
  ...[['iso_score', 'DOUBLE'] as const, ['weight_set', 'VARCHAR'] as const, ['version', 'VARCHAR'] as const],
]);

const noRankings = none([
  ...[['dataset', 'VARCHAR'] as const, ['strategy', 'VARCHAR'] as const, ['date', 'VARCHAR'] as const],
  ...[['ts', 'BIGINT'] as const, ['decision_ms', 'BIGINT'] as const, ['symbol', 'VARCHAR'] as const],
  ...['signal_score', 'p_out', 'p_middle', 'p_under'].map((name) => [name, 'DOUBLE'] as const),
  ...[['rank', 'BIGINT'] as const, ['version', 'VARCHAR'] as const],
]);

function sideSelect({ manifest }: StoredScores, signal: SideSignal, rows: string): string {
  const { dataset, strategy, columns, versions } = manifest;
  const isStored = (name: string | null) => columns.some((column) => column.name === name);
  const column = (name: string | null) => (isStored(name) ? sqlName(name!) : 'NULL::DOUBLE');
  const side = signal.side.toUpperCase();
  const memberOf = (library: BoosterSpec['library']) =>
    signal.members.find((member) => member.library === library)?.column ?? null;
  const weights = versions.flatMap(({ version, weightSets }) => {
    const id = weightSets[signal.score];
    return id === undefined ? [] : [`WHEN ${sqlText(version)} THEN ${sqlText(id)}`];
  });
  const weightSet = weights.length === 0 ? 'NULL::VARCHAR' : `CASE version ${weights.join(' ')} END`;
  const id = `${sqlText(`${dataset}/${strategy}/${side}/`)} || ts || '/' || symbol`;
  return `SELECT ${sqlText(dataset)} AS dataset, ${sqlText(strategy)} AS strategy, ${id} AS id, ts,
    ts + ${hourMs} AS decision_ms, symbol, '${side}' AS side, ${column(signal.score)} AS score,
    ${column(signal.expectedValue)} AS expected_value,
    ${libraries.map((library) => `${column(memberOf(library))} AS ${library}_logit`).join(', ')},
    ${column(`${signal.score}_iso`)} AS iso_score, ${weightSet} AS weight_set, version
   FROM ${rows} WHERE ${column(signal.score)} IS NOT NULL`;
}

function rankingSelect({ manifest }: StoredScores, rows: string): string | null {
  const { dataset, strategy, signals, columns } = manifest;
  if (signals.ranking === null) return null;
  const classes = [signals.ranking.out, signals.ranking.middle, signals.ranking.under];
  if (!classes.every((name) => columns.some((column) => column.name === name))) return null;
  const [out, middle, under] = classes.map(sqlName);
  return `SELECT ${sqlText(dataset)} AS dataset, ${sqlText(strategy)} AS strategy,
    strftime(make_timestamp((ts + ${hourMs}) * 1000), '%Y-%m-%d') AS date, ts, ts + ${hourMs} AS decision_ms, symbol,
    ${out} - ${under} AS signal_score, ${out} AS p_out, ${middle} AS p_middle, ${under} AS p_under,
    row_number() OVER (PARTITION BY ts ORDER BY ${out} - ${under} DESC, symbol) AS rank, version
   FROM ${rows} WHERE ${out} - ${under} IS NOT NULL`;
}
