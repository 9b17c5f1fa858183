/** What a coin's page runs in the browser: unpacks, draws, and keeps only as many candles in the picture as it can show. */
export const coinScript = `
(async () => {
  const shown = document.getElementById('shown');
  if (typeof DecompressionStream === 'undefined') {
    shown.textContent = 'This browser cannot unpack the page (it lacks DecompressionStream); the table below is complete.';
    return;
  }
  const unpack = async (id) => {
    const bytes = Uint8Array.from(atob(document.getElementById(id).textContent), (letter) => letter.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).text();
  };
  const library = document.createElement('script');
  library.textContent = await unpack('library');
  document.head.append(library);
  const market = JSON.parse(await unpack('market'));
  const HOUR = 3600000;
  const stamps = market.hour.map((hour) => market.startMs + hour * HOUR);
  const steps = [1, 2, 4, 12, 24, 72, 168];

  function candles(from, to, widest) {
    const step = steps.find((hours) => (to - from) / HOUR / hours <= widest) || 168;
    const size = step * HOUR;
    const out = [];
    let last = null;
    for (let row = 0; row < stamps.length; row += 1) {
      const opens = Math.floor(stamps[row] / size) * size;
      if (opens + size < from || opens > to) continue;
      if (last === null || last.from !== opens) {
        last = { from: opens, mid: opens + size / 2, left: opens + size * 0.14, right: opens + size * 0.86,
          open: market.open[row], high: market.high[row], low: market.low[row], close: market.close[row] };
        out.push(last);
      } else {
        last.high = Math.max(last.high, market.high[row]);
        last.low = Math.min(last.low, market.low[row]);
        last.close = market.close[row];
      }
    }
    return { rows: out, step };
  }

  const tip = document.createElement('div');
  tip.className = 'tip';
  document.body.append(tip);
  function showTip(handler, event, item, value) {
    tip.replaceChildren();
    if (value === null || value === undefined || value === '') { tip.classList.remove('visible'); return; }
    const table = tip.appendChild(document.createElement('table'));
    for (const [name, text] of Object.entries(value)) {
      const line = table.insertRow();
      line.insertCell().textContent = name;
      line.insertCell().textContent = String(text);
    }
    tip.classList.add('visible');
    const box = tip.getBoundingClientRect();
    tip.style.left = Math.max(4, Math.min(event.clientX + 14, innerWidth - box.width - 6)) + 'px';
    tip.style.top = Math.max(4, Math.min(event.clientY + 14, innerHeight - box.height - 6)) + 'px';
  }
  const place = document.querySelector('[data-chart="candles"]');
  const view = new vega.View(vega.parse(market.specs.candles), { renderer: 'svg', container: place, hover: true }).tooltip(showTip);
  const scorePlace = document.querySelector('[data-chart="scores"]');
  const scores = market.specs.scores === null ? null
    : new vega.View(vega.parse(market.specs.scores), { renderer: 'svg', container: scorePlace, hover: true }).tooltip(showTip);

  let drawn = '';
  function fill(from, to) {
    const picked = candles(from, to, Math.max(60, place.clientWidth / 3.5));
    const trades = market.trades.filter((trade) => trade.exit >= from && trade.entry <= to);
    const key = [picked.step, picked.rows.length, picked.rows[0]?.from, trades.length].join();
    if (key !== drawn) {
      drawn = key;
      view.change('bars', vega.changeset().remove(() => true).insert(picked.rows));
      view.change('trades', vega.changeset().remove(() => true).insert(trades.map((trade) => ({ ...trade }))));
      view.change('trails', vega.changeset().remove(() => true).insert(trades.flatMap((trade, index) =>
        (trade.trail ?? []).map(([time, level]) => ({ trade: index, time, level })))));
    }
    const day = (time) => new Date(time).toISOString().slice(0, 10);
    shown.textContent = day(from) + ' to ' + day(to) + ', each candle is ' + (picked.step < 24 ? picked.step + ' h.' : picked.step / 24 + (picked.step === 24 ? ' day.' : ' days.'));
    if (scores !== null) scores.signal('from', from).signal('to', to).runAsync();
  }
  function show(from, to) {
    fill(from, to);
    view.signal('zoom_mid', [from, to]).runAsync();
  }
  const first = stamps[0] ?? market.startMs;
  const last = (stamps.at(-1) ?? market.startMs) + HOUR;
  let current = market.trades.reduce((best, trade, index) => Math.abs(trade.pnl) > Math.abs(market.trades[best].pnl) ? index : best, 0);
  function showTrade(index) {
    current = Math.max(0, Math.min(market.trades.length - 1, index));
    const trade = market.trades[current];
    const around = Math.max(48 * HOUR, (trade.exit - trade.entry) * 0.4);
    show(trade.entry - around, trade.exit + around);
  }
  if (scores !== null) scores.insert('scores', market.scores);
  showTrade(current);
  await view.runAsync();
  if (scores !== null) await scores.runAsync();
  let waiting = 0;
  view.addSignalListener('zoom_mid', (name, domain) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      const [from, to] = domain === null ? [first, last] : [Number(domain[0]), Number(domain[1])];
      fill(from, to);
      view.runAsync();
    }, 40);
  });
  const resized = () => { view.resize().runAsync(); if (scores !== null) scores.resize().runAsync(); };
  addEventListener('resize', resized);

  async function save(kind) {
    const inks = getComputedStyle(document.documentElement);
    const text = (await view.toSVG()).replace(/var\\((--[a-z]+)\\)/g, (whole, name) => inks.getPropertyValue(name).trim());
    const link = document.createElement('a');
    link.download = document.querySelector('h1').textContent.replace(/[^A-Za-z0-9]+/g, '-') + '.' + kind;
    const source = 'data:image/svg+xml;charset=utf-8,' + encodeURIComponent(text);
    if (kind === 'svg') { link.href = source; link.click(); return; }
    const image = new Image();
    image.src = source;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = image.width * 2;
    canvas.height = image.height * 2;
    const context = canvas.getContext('2d');
    context.fillStyle = inks.getPropertyValue('--paper').trim();
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    link.href = canvas.toDataURL('image/png');
    link.click();
  }
  document.addEventListener('click', (event) => {
    const button = event.target.closest('button');
    if (button === null) return;
    const { show: which, trade, save: kind } = button.dataset;
    if (trade !== undefined) { showTrade(Number(trade)); place.scrollIntoView({ block: 'center' }); }
    if (which === 'next') showTrade(current + 1);
    if (which === 'previous') showTrade(current - 1);
    if (which === 'all') show(first, last);
    if (kind !== undefined) save(kind);
  });
  document.body.dataset.drawn = 'yes';
})().catch((error) => {
  document.getElementById('shown').textContent = 'The chart could not be drawn: ' + error.message;
  console.error(error);
});
`;
