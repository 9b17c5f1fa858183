/** Rows as aligned text. Numbers and figures (`+1,234.5 %`) stand right, everything else left; a missing value is a dash. */
export type Cell = string | number | bigint | boolean | null | undefined | object;

export function tableText(
  rows: readonly Readonly<Record<string, Cell>>[],
  empty = 'nothing to show',
): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  if (rows.length === 0) return empty;
  const columns = names.map((name) => {
    const cells = rows.map((row) => cellText(row[name]));
    const isNumeric = rows.every(
      (row) => row[name] === null || row[name] === undefined || isNumber(row[name]),
    );
    const width = Math.max(width80(name), ...cells.map(width80));
    const pad = (text: string) => {
      const gap = ' '.repeat(width - width80(text));
      return isNumeric ? gap + text : text + gap;
    };
    return { head: pad(name), cells: cells.map(pad) };
  });
  const line = (parts: readonly string[]) => parts.join('  ').trimEnd();
  return [
    line(columns.map(({ head }) => head)),
    line(columns.map(({ head }) => '─'.repeat(width80(head)))),
    ...rows.map((_, row) => line(columns.map(({ cells }) => cells[row]!))),
  ].join('\n');
}

function isNumber(value: Cell): boolean {
  if (typeof value === 'string') return /^[+−]?\d{1,3}(,?\d{3})*(\.\d+)?( %)?$/.test(value);
  return typeof value === 'number' || typeof value === 'bigint';
}

function cellText(value: Cell): string {
  if (value === null || value === undefined) return '–';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Columns a text takes on a terminal: CJK letters take two. */
function width80(text: string): number {
  let width = 0;
  for (const letter of text)
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/.test(
        letter,
      )
        ? 2
        : 1;
  return width;
}
