/** Pieces of HTML. Texts are escaped where they enter; a value of type `Html` is markup already. */
export class Html {
  readonly markup: string;
  constructor(markup: string) {
    this.markup = markup;
  }
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

export function html(
  strings: TemplateStringsArray,
  ...values: readonly (string | number | Html | readonly Html[])[]
): Html {
  return new Html(strings.reduce((out, piece, index) => out + markupOf(values[index - 1]) + piece));
}

function markupOf(value: string | number | Html | readonly Html[] | undefined): string {
  if (value instanceof Html) return value.markup;
  if (Array.isArray(value)) return value.map((part: Html) => part.markup).join('');
  return escapeHtml(String(value ?? ''));
}

export interface HtmlColumn {
  readonly title: string;
  /** Numbers stand right-aligned; `tone` colours what is below or above zero. */
  readonly numeric?: boolean;
}
export interface HtmlCell {
  readonly text: string | Html;
  /** Sign decides the colour. */
  readonly tone?: number;
  /** What a sortable table sorts by, where that is not the text. */
  readonly sort?: number;
  /** A sentence, which may take several lines. */
  readonly wrap?: boolean;
}

export function tableHtml(
  columns: readonly HtmlColumn[],
  rows: readonly (readonly (string | Html | HtmlCell)[])[],
  /** `sortable` tables need `sortScript` in their page; without it they stay as they are. */
  { sortable = false }: { readonly sortable?: boolean } = {},
): Html {
  const head = columns.map(
    (column) => html`<th${classOf(column.numeric ? 'number' : '')}>${column.title}</th>`,
  );
  const body = rows.map(
    (row) => html`<tr>${row.map((value, index) => cellHtml(value, columns[index]?.numeric === true))}</tr>\n`,
  );
  return html`<div class="scroll"><table${classOf(sortable ? 'sortable' : '')}><thead><tr>${head}</tr></thead><tbody>\n${body}</tbody></table></div>`;
}

function cellHtml(value: string | Html | HtmlCell, numeric: boolean): Html {
  const cell = typeof value === 'string' || value instanceof Html ? { text: value } : value;
  const names = [numeric ? 'number' : '', toneName(cell.tone), cell.wrap === true ? 'wrap' : '']
    .filter((name) => name !== '')
    .join(' ');
  const sort = new Html(cell.sort === undefined ? '' : ` data-sort="${cell.sort}"`);
  return html`<td${classOf(names)}${sort}>${cell.text}</td>`;
}

export function toneName(sign: number | undefined): 'gain' | 'loss' | '' {
  return sign === undefined || Number.isNaN(sign) || sign === 0 ? '' : sign > 0 ? 'gain' : 'loss';
}

function classOf(names: string): Html {
  return new Html(names === '' ? '' : ` class="${names}"`);
}

/** JSON that may stand inside a script element. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
}

/** Runs in the browser: a press on a heading sorts by it, the next one the other way round. */
export const sortScript = `
for (const table of document.querySelectorAll('table.sortable')) {
  const heads = [...table.tHead.rows[0].cells];
  const valueOf = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.sort === undefined ? cell.textContent.trim() : Number(cell.dataset.sort);
  };
  heads.forEach((head, column) => {
    const sort = () => {
      const up = head.getAttribute('aria-sort') !== 'ascending';
      for (const other of heads) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
      const body = table.tBodies[0];
      const rows = [...body.rows].map((row) => ({ row, value: valueOf(row, column) }));
      rows.sort((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : 0) * (up ? 1 : -1));
      body.append(...rows.map(({ row }) => row));
    };
    head.tabIndex = 0;
    head.addEventListener('click', sort);
    head.addEventListener('keydown', (event) => { if (event.key === 'Enter') sort(); });
  });
}
`;
