/**
 * The part of a page's script that draws charts from sheets, and draws newer sheets into the same charts. Charts of one
 * sheet share a cursor, which arrow keys move, and the stretch that is zoomed into.
 */
export const PLOT_SCRIPT = String.raw`
const drawn = new Map()

const inkOf = (name, property = 'color') => {
  const probe = document.createElement('i')
  probe.className = property === 'fill' ? name : 'ink-' + name
  document.body.append(probe)
  const color = getComputedStyle(probe)[property]
  probe.remove()
  return color
}
const two = (n) => String(n).padStart(2, '0')
const clock = (seconds) => {
  const s = Math.round(seconds)
  return s >= 3600
    ? Math.floor(s / 3600) + ':' + two(Math.floor((s % 3600) / 60)) + ':' + two(s % 60)
    : two(Math.floor(s / 60)) + ':' + two(s % 60)
}
const figures = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 })
const counts3 = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 })
const text = (unit, value) => {
  if (value == null) return '–'
  if (unit === 'share') return counts3.format(value * 100) + ' %'
  if (unit === 'ms') return (value >= 1000 ? counts3.format(Math.round(value)) : figures.format(value)) + ' ms'
  return counts3.format(value)
}
// On an axis there is less room.
const tickText = (unit, value) => value == null ? '' : unit === 'ms' && value >= 1000 ? figures.format(value / 1000) + ' s' : text(unit, value)
const rankText = (decade) => 'p' + Number((100 * (1 - 10 ** -decade)).toPrecision(decade < 1 ? 3 : Math.ceil(decade) + 2))

const ratio = () => devicePixelRatio
const font = (size) => size + 'px system-ui, sans-serif'

const drawLimits = (view) => (plot) => {
  const { ctx, bbox } = plot
  ctx.save()
  ctx.lineWidth = 1.5 * ratio()
  ctx.font = font(11 * ratio())
  ctx.textAlign = 'right'
  for (const limit of view.chart.limits) {
    const y = plot.valToPos(limit.value, 'y', true)
    if (y < bbox.top || y > bbox.top + bbox.height) continue
    ctx.setLineDash([2 * ratio(), 3 * ratio()])
    ctx.strokeStyle = ctx.fillStyle = inkOf('bad')
    ctx.beginPath()
    ctx.moveTo(bbox.left, y)
    ctx.lineTo(bbox.left + bbox.width, y)
    ctx.stroke()
    // Text over cells of every colour needs a ground of its own.
    ctx.setLineDash([])
    ctx.strokeStyle = inkOf('paper')
    ctx.lineWidth = 4 * ratio()
    ctx.lineJoin = 'round'
    const [x, above] = [bbox.left + bbox.width - 5 * ratio(), y - 7 * ratio()]
    ctx.strokeText(limit.label, x, above)
    ctx.fillText(limit.label, x, above)
    ctx.lineWidth = 1.5 * ratio()
  }
  ctx.restore()
}

// Bars are told apart by texture as well: whole, rising, falling, level, upright, dotted.
const TEXTURES = [null, [[0, 8, 8, 0]], [[0, 0, 8, 8]], [[0, 4, 8, 4]], [[4, 0, 4, 8]], [[2, 4, 6, 4]]]
const textured = (ink, place) => {
  const lines = TEXTURES[place % TEXTURES.length]
  if (lines === null) return ink
  const tile = document.createElement('canvas')
  tile.width = tile.height = 8
  const ctx = tile.getContext('2d')
  ctx.fillStyle = inkOf('paper')
  ctx.fillRect(0, 0, 8, 8)
  ctx.strokeStyle = ink
  ctx.lineWidth = 3
  for (const [x1, y1, x2, y2] of lines)
    for (const [dx, dy] of [[0, 0], [8, 0], [-8, 0], [0, 8], [0, -8]]) {
      ctx.beginPath()
      ctx.moveTo(x1 + dx, y1 + dy)
      ctx.lineTo(x2 + dx, y2 + dy)
      ctx.stroke()
    }
  return ctx.createPattern(tile, 'repeat')
}
const faded = (color, share) => 'rgba(' + color.match(/[\d.]+/g).slice(0, 3).join(',') + ',' + share + ')'

const lineOf = ({ label, ink, mark }) => ({
  label,
  stroke: () => (mark === 'dots' ? 'transparent' : inkOf(ink)),
  fill: mark === 'area' ? () => faded(inkOf(ink), 0.16) : undefined,
  width: 1.75,
  dash: mark === 'dashes' ? [6, 4] : undefined,
  points: mark === 'dots' ? { show: true, size: 4, width: 0, stroke: () => inkOf(ink), fill: () => inkOf(ink) } : { show: false },
  spanGaps: false,
})
// Lines over cells of every colour stand on a lighter, wider one.
const haloOf = (series) => ({ ...lineOf(series), label: '', stroke: () => (series.mark === 'dots' ? 'transparent' : inkOf('paper')), width: 4.5, dash: undefined, points: { show: false } })
// Bars as thin as their outlines are filled with the outline's ink: there they join, and the texture is in that.
const isDense = (plot) => plot.data[0].length > 150
const apart = uPlot.paths.bars({ size: [0.7, 14] })
const joined = uPlot.paths.bars({ size: [1, 14] })
const barOf = ({ label, ink }, place) => ({
  label,
  stroke: (plot) => (isDense(plot) ? textured(inkOf(ink), place) : inkOf(ink)),
  fill: () => textured(inkOf(ink), place),
  width: 1,
  paths: (plot, ...rest) => (isDense(plot) ? joined : apart)(plot, ...rest),
  points: { show: false },
})

const isBars = (chart) => chart.series.every(({ mark }) => mark === 'bars')
const linesOf = (chart) => {
  // Bars stand on each other: the tallest sum is painted first, each smaller one over it.
  if (isBars(chart)) return chart.series.map(barOf).reverse()
  return chart.series.flatMap((series) => (chart.heat ? [haloOf(series), lineOf(series)] : [lineOf(series)]))
}
const dataOf = (chart, at) => {
  const { series } = chart
  if (isBars(chart))
    return [at, ...series.map((own, i) => own.values.map((_, n) => series.slice(0, i + 1).reduce((sum, { values }) => sum + values[n], 0) || null)).reverse()]
  return [at, ...series.flatMap(({ values }) => (chart.heat ? [values, values] : [values]))]
}

const xRange = (view) => (plot, low, high) => {
  const { at, step } = view.sheet
  if (at.length === 0) return [0, 1]
  const isWhole = low === at[0] && high === at[at.length - 1] || at.length === 1
  return isWhole ? [at[0] - step / 2, at[at.length - 1] + (step || 0.02) / 2] : [low, high]
}
const yRange = (view) => (plot, low, high) => {
  const { chart } = view
  const [coolest, hottest] = chart.heat ? heatRange(chart.heat) : [Infinity, 0]
  const most = Math.max(high ?? 0, hottest, ...chart.limits.map((limit) => limit.value * 1.5))
  if (chart.scale === 'linear') return [0, most > 0 ? most * 1.12 : 1]
  const top = most > 0 ? most : 10
  const least = Math.max(Math.min(low ?? Infinity, coolest, top), 0.001)
  const room = Math.max(1.06, Math.sqrt(4 * least / top))
  return [least / room, top * room]
}

// 1, 2, 5 in each decade where there is room for them, else decades.
const logSplits = (plot, axis, low, high) => {
  const steps = high / low > 1000 ? [1] : high / low > 100 ? [1, 3] : high / low > 8 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 8]
  const found = []
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++)
    for (const step of steps) {
      const split = step * 10 ** power
      if (split >= low && split <= high) found.push(split)
    }
  return found
}
const RANKS = [50, 75, 90, 95, 99, 99.9, 99.99, 99.999, 99.9999].map((p) => -Math.log10(1 - p / 100))
const rankSplits = (plot, axis, low, high) => RANKS.filter((rank, i) => rank >= low - 0.001 && rank <= high + 0.001 && (plot.width > 480 || ![1, 3].includes(i)))

const axesOf = ({ chart, sheet }) => {
  const look = { stroke: () => inkOf('soft'), grid: { stroke: () => inkOf('line'), width: 1 }, ticks: { show: false }, font: font(12) }
  const x = sheet.id === 'rank'
    ? { splits: rankSplits, values: (_, ticks) => ticks.map(rankText) }
    : { values: (_, ticks) => ticks.map(clock), incrs: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 36000] }
  return [
    { ...look, ...x, size: 28, gap: 6 },
    { ...look, splits: chart.scale === 'log' ? logSplits : undefined, filter: (_, splits) => splits, size: 58, gap: 7, values: (_, ticks) => ticks.map((tick) => tickText(chart.unit, tick)) },
  ]
}

const place = (chart, sheet) => {
  const box = document.getElementById('chart-' + chart.id)
  if (box === null) return
  const known = drawn.get(chart.id)
  const shape = JSON.stringify([chart.scale, chart.unit, chart.series.map(({ label, ink, mark }) => [label, ink, mark])])
  const data = dataOf(chart, sheet.at)
  if (known?.box === box && known.shape === shape) {
    const { min, max } = known.plot.scales.x
    const whole = xRange(known)(known.plot, known.sheet.at[0], known.sheet.at[known.sheet.at.length - 1])
    const isZoomed = known.sheet.at.length > 1 && (min !== whole[0] || max !== whole[1])
    Object.assign(known, { chart, sheet })
    known.plot.setData(data, !isZoomed)
    if (isZoomed) known.plot.redraw()
    return
  }
  known?.plot.destroy()
  const view = known?.box === box ? Object.assign(known, { chart, sheet, shape }) : { box, chart, sheet, shape }
  view.plot = new uPlot(optionsOf(view), data, box)
  if (known !== view) {
    box.addEventListener('keydown', (event) => move(event, view))
    drawn.set(chart.id, view)
  }
}

const optionsOf = (view) => {
  const { box, chart, sheet } = view
  return {
    width: box.clientWidth,
    height: chart.heightPx,
    padding: [10, 18, 0, 0],
    cursor: { sync: { key: sheet.id }, points: { size: 7 }, drag: { x: true, y: false }, y: chart.heat !== undefined },
    legend: { show: false },
    scales: { x: { time: false, range: xRange(view) }, y: { distr: chart.scale === 'log' ? 3 : 1, range: yRange(view) } },
    axes: axesOf(view),
    series: [{}, ...linesOf(chart)],
    hooks: {
      drawAxes: [(plot) => view.chart.heat && paintHeat(plot, view.chart.heat, view.sheet.at, view.sheet.step)],
      draw: [drawLimits(view)],
      setCursor: [(plot) => show(view, plot)],
    },
  }
}

const show = ({ chart, sheet }, plot) => {
  const index = plot.cursor.idx
  const where = index == null ? '' : sheet.id === 'rank' ? ' at ' + rankText(sheet.at[index]) : ' at ' + clock(sheet.at[index])
  chart.series.forEach((series, i) => {
    const output = document.querySelector('[data-value="' + chart.id + ':' + i + '"]')
    if (output !== null) output.textContent = index == null ? '' : text(chart.unit, series.values[index]) + (i === 0 ? where : '')
  })
  const cell = document.querySelector('[data-cell="' + chart.id + '"]')
  const isOver = index != null && plot.cursor.event != null && plot.over.matches(':hover')
  if (cell !== null) cell.textContent = isOver ? cellText(chart.heat, index, plot.posToVal(plot.cursor.top, 'y')) : ''
}

const move = (event, { plot, sheet: { id, at } }) => {
  if (event.key === 'Escape') {
    for (const view of drawn.values()) if (view.sheet.id === id) view.plot.setData(view.plot.data)
    return
  }
  const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key]
  if (step === undefined || at.length === 0) return
  event.preventDefault()
  const index = Math.max(0, Math.min(at.length - 1, (plot.cursor.idx ?? 0) + step))
  for (const view of drawn.values())
    if (view.sheet.id === id) view.plot.setCursor({ left: view.plot.valToPos(at[index], 'x'), top: 1 })
}

const drawSheets = (sheets) => {
  for (const sheet of sheets) for (const chart of sheet.charts) place(chart, sheet)
  for (const [id, { plot, box }] of drawn) {
    if (box.isConnected) continue
    plot.destroy()
    drawn.delete(id)
  }
}

const fit = () => {
  for (const { plot, box } of drawn.values()) if (box.clientWidth !== plot.width) plot.setSize({ width: box.clientWidth, height: plot.height })
}
new ResizeObserver(fit).observe(document.querySelector('main'))

const redraw = () => { for (const { plot } of drawn.values()) plot.redraw() }
`
