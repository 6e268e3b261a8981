import { THEME } from './html-theme.ts'

/**
 * The page's own script, run after uPlot's: draws the charts whose data the page embeds, keeps their cursors together,
 * lets arrow keys move it, and follows changes of width, colour scheme and print. Without it the page lacks only pictures.
 */
export const SCRIPT = String.raw`(() => {
'use strict'
const sheets = [...document.querySelectorAll('script[type="application/json"]')].map((block) => JSON.parse(block.textContent))
const plots = []

const inkOf = (name) => {
  const probe = document.createElement('i')
  probe.className = 'ink-' + name
  document.body.append(probe)
  const color = getComputedStyle(probe).color
  probe.remove()
  return color
}
const faded = (color, share) => {
  const parts = color.match(/[\d.]+/g)
  return 'rgba(' + parts.slice(0, 3).join(',') + ',' + share + ')'
}
const clock = (seconds) => {
  const two = (n) => String(n).padStart(2, '0')
  const s = Math.round(seconds)
  return s >= 3600
    ? Math.floor(s / 3600) + ':' + two(Math.floor((s % 3600) / 60)) + ':' + two(s % 60)
    : two(Math.floor(s / 60)) + ':' + two(s % 60)
}
const figures = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 })
const counts = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 })
const text = (unit, value) => {
  if (value == null) return '–'
  if (unit === 'share') return counts.format(value * 100) + ' %'
  if (unit === 'ms') return (value >= 1000 ? counts.format(Math.round(value)) : figures.format(value)) + ' ms'
  return counts.format(value)
}

const drawLimits = (chart) => (plot) => {
  const { ctx, bbox } = plot
  ctx.save()
  ctx.strokeStyle = ctx.fillStyle = inkOf('soft')
  ctx.lineWidth = devicePixelRatio
  ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio])
  ctx.font = 11 * devicePixelRatio + 'px ' + getComputedStyle(document.body).fontFamily
  ctx.textAlign = 'right'
  for (const limit of chart.limits) {
    const y = plot.valToPos(limit.value, 'y', true)
    ctx.beginPath()
    ctx.moveTo(bbox.left, y)
    ctx.lineTo(bbox.left + bbox.width, y)
    ctx.stroke()
    ctx.fillText(limit.label, bbox.left + bbox.width - 4, y - 5 * devicePixelRatio)
  }
  ctx.restore()
}

const seriesOf = ({ label, ink, mark }) => ({
  label,
  stroke: () => (mark === 'dots' ? 'transparent' : inkOf(ink)),
  fill: mark === 'area' ? () => faded(inkOf(ink), 0.16) : mark === 'bars' ? () => inkOf(ink) : undefined,
  width: mark === 'bars' ? 0 : 1.75,
  dash: mark === 'dashes' ? [6, 4] : undefined,
  points: mark === 'dots' ? { show: true, size: 4, width: 0, stroke: () => inkOf(ink), fill: () => inkOf(ink) } : { show: false },
  paths: mark === 'bars' ? uPlot.paths.bars({ size: [0.7, 14] }) : undefined,
  spanGaps: false,
})

const yRange = (chart) => (plot, low, high) => {
  const most = Math.max(high ?? 0, ...chart.limits.map((limit) => limit.value))
  if (chart.scale === 'log') return uPlot.rangeLog(Math.max(low ?? 0.1, 0.001), Math.max(most, 1), 10, true)
  return [0, most > 0 ? most * 1.12 : 1]
}

const decades = (plot, axis, low, high) => {
  const found = []
  for (let power = Math.ceil(Math.log10(low) - 1e-9); power <= Math.log10(high) + 1e-9; power++) found.push(10 ** power)
  return found
}

// Bars stand on each other: the tallest sum is painted first, each smaller one over it.
const stacked = (series) =>
  series.map((own, i) => ({
    ...own,
    values: own.values.map((_, at) => series.slice(0, i + 1).reduce((sum, { values }) => sum + values[at], 0) || null),
  })).reverse()

const draw = (box, chart, at, sync) => {
  const drawn = chart.series.every(({ mark }) => mark === 'bars') ? stacked(chart.series) : chart.series
  const axisInk = () => inkOf('soft')
  const grid = { stroke: () => inkOf('line'), width: 1 }
  const options = {
    width: box.clientWidth,
    height: chart.heightPx,
    padding: [10, 26, 0, 0],
    cursor: { sync: { key: sync }, points: { size: 7 }, drag: { x: true, y: false } },
    legend: { show: true, live: true },
    scales: { x: { time: false }, y: { distr: chart.scale === 'log' ? 3 : 1, range: yRange(chart) } },
    axes: [
      { stroke: axisInk, grid, ticks: { show: false }, size: 28, gap: 6, font: '12px system-ui, sans-serif', values: (_, ticks) => ticks.map(clock), incrs: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 36000] },
      { stroke: axisInk, grid, splits: chart.scale === 'log' ? decades : undefined, ticks: { show: false }, size: 66, gap: 8, font: '12px system-ui, sans-serif', values: (_, ticks) => ticks.map((tick) => (tick == null ? '' : text(chart.unit, tick))) },
    ],
    series: [{}, ...drawn.map(seriesOf)],
    hooks: {
      draw: [drawLimits(chart)],
      setCursor: [(plot) => show(chart, plot.cursor.idx, at)],
    },
  }
  const plot = new uPlot(options, [at, ...drawn.map((series) => series.values)], box)
  box.tabIndex = 0
  box.addEventListener('keydown', (event) => move(event, plot, at))
  plots.push({ plot, box, at })
}

const show = (chart, index, at) => {
  chart.series.forEach((series, i) => {
    const output = document.querySelector('[data-value="' + chart.id + ':' + i + '"]')
    output.textContent = index == null ? '' : text(chart.unit, series.values[index]) + (i === 0 ? ' at ' + clock(at[index]) : '')
  })
}

const move = (event, plot, at) => {
  const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key]
  if (step === undefined) return
  event.preventDefault()
  const index = Math.max(0, Math.min(at.length - 1, (plot.cursor.idx ?? 0) + step))
  for (const each of plots) if (each.at === at) each.plot.setCursor({ left: each.plot.valToPos(at[index], 'x'), top: 1 })
}

for (const sheet of sheets) {
  for (const chart of sheet.charts) draw(document.getElementById('chart-' + chart.id), chart, sheet.atSeconds, sheet.id)
}

new ResizeObserver(() => {
  for (const { plot, box } of plots) if (box.clientWidth !== plot.width) plot.setSize({ width: box.clientWidth, height: plot.height })
}).observe(document.querySelector('main'))

const redraw = () => { for (const { plot } of plots) plot.redraw() }
${THEME}
})()`
