/** What the look-ahead audit compared, what it found, and what it left out. */
import { type Detector, detectorNames } from '../engine/columns/audit/findings.ts';
import type { ColumnAuditFacts, LeakFacts } from './column-facts.ts';
import { count, minute, plural } from './format.ts';
import { type Html, html, tableHtml } from './html.ts';

/** What a detector asks. */
const questions: Readonly<Record<Detector, string>> = {
  Da: 'does a value change when everything after its hour is cut away?',
  Db: 'does it change when everything after its hour is replaced by noise?',
  Dc: 'does a column know the next return far better than those after it, and does profit vanish with one bar of delay?',
  Dd: 'does a pipeline find skill in a market that has none?',
  De: 'does a pipeline find skill in labels that were shuffled?',
  Df: 'are coins chosen by what was known on the day, and do those that leave keep their trades?',
  Dg: 'does code that is fed by the hour say what the batch says?',
  lineage: 'does a label, or a state fitted to later data, reach a model or a gate?',
  splits: 'does a label of the training part share a moment with the test part?',
  ledger: 'is every configuration that was tried on a test window counted?',
};

export function auditHtml({ result, strategies, pending }: ColumnAuditFacts): Html {
  const { leaks, silent } = result;
  return html`${leaks.length === 0 ? [] : leaksHtml(leaks)}${detectorsHtml(result)}${notesHtml([
    ...(strategies.length === 0
      ? ['No strategy was audited with the columns: name it with --strategy.']
      : [`Audited with the columns: ${strategies.join(', ')}.`]),
    ...(pending.length === 0 ? [] : [`Passed over, as nothing fills them yet: ${pending.join(', ')}.`]),
    ...(silent.length === 0
      ? []
      : [`Without a value wherever they were compared, so nothing is known of them: ${silent.join(', ')}.`]),
  ])}`;
}

function notesHtml(lines: readonly string[]): Html {
  return html`<div class="panel"><ul class="list">${lines.map((line) => html`<li>${line}</li>`)}</ul></div>`;
}

function detectorsHtml({ ran, notRun, leaks }: ColumnAuditFacts['result']): Html {
  return html`<div class="panel"><p class="muted">Values are compared bit by bit: a difference in the last digit is a leak.</p>${tableHtml(
    [
      { title: 'detector' },
      { title: 'comparisons', numeric: true },
      { title: 'leaks', numeric: true },
      { title: 'what it asks' },
    ],
    (Object.keys(detectorNames) as Detector[]).map((detector) => {
      const made = ran[detector];
      const found = leaks.filter((leak) => leak.detector === detector).length;
      const reason = notRun.find((one) => one.detector === detector)?.reason;
      return [
        html`<span data-detector="${detector}">${detectorNames[detector]}</span>`,
        made === undefined ? 'not run' : count(made),
        { text: made === undefined ? '–' : count(found), tone: -found },
        {
          text: html`${questions[detector]}${reason === undefined ? '' : html`<br><span class="muted">Not run: ${reason}.</span>`}`,
          wrap: true,
        },
      ];
    }),
  )}</div>`;
}

/** As a list: a leak is told in a sentence, which a phone shows whole. */
function leaksHtml(leaks: readonly LeakFacts[]): Html {
  const told = leaks.map(({ detector, kind, subject, field, timeMs, symbol, message, hint }) => {
    const place = [
      ...(timeMs === null ? [] : [`from ${minute(timeMs)} UTC`]),
      ...(symbol === '' ? [] : [`first seen in ${symbol}`]),
    ].join(', ');
    return html`<li data-leak="${detector}"><b class="loss">${detectorNames[detector]}</b> <span class="mono">${field}</span> of ${subject} (${kind})${place === '' ? '' : `, ${place}`}<br><span class="muted">${hint === null ? message : `${message} (${hint})`}</span></li>\n`;
  });
  return html`<div class="panel" id="leaks"><h3>${plural(leaks.length, 'leak')}, the earliest of each kind</h3><ul class="list">${told}</ul></div>`;
}
