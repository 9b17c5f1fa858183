/** RFC 4180 text of a chart's columns: times in ISO form, numbers in full, no value as an empty field. */
export type ChartColumns = Readonly<Record<string, ArrayLike<number | string | null>>>;

export function csvText(columns: ChartColumns, times: readonly string[]): string {
  const names = Object.keys(columns);
  const rows = rowCount(columns);
  const lines = [names.map(field).join(',')];
  for (let row = 0; row < rows; row += 1) {
    lines.push(names.map((name) => cell(columns[name]?.[row] ?? null, times.includes(name))).join(','));
  }
  return `${lines.join('\r\n')}\r\n`;
}

function rowCount(columns: ChartColumns): number {
  return Object.values(columns)[0]?.length ?? 0;
}

function cell(value: number | string | null, isTime: boolean): string {
  if (value === null) return '';
  if (typeof value === 'string') return field(value);
  if (!Number.isFinite(value)) return '';
  return isTime ? new Date(value).toISOString() : String(value);
}

function field(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
