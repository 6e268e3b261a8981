/**
 * The part of a page's script that paints the cells of a heatmap behind a chart's lines: the darker (in dark colours: the
 * brighter), the more; logarithmic, so that a single outlier is seen beside thousands. And what one cell holds, in words.
 */
export const HEAT_SCRIPT = String.raw`
const HEAT_STEPS = 8
const bandEdge = (heat, band) => 2 ** (band / heat.perOctave)
const heatMost = (heat) => heat.columns.reduce((most, [, ...counts]) => Math.max(most, ...counts), 1)

const paintHeat = (plot, heat, at, step) => {
  const { ctx, bbox } = plot
  const inks = Array.from({ length: HEAT_STEPS }, (_, i) => inkOf('heat-' + i, 'fill'))
  const most = Math.log(heatMost(heat) + 1)
  ctx.save()
  ctx.beginPath()
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
  ctx.clip()
  heat.columns.forEach(([low, ...counts], i) => {
    const left = Math.round(plot.valToPos(at[i] - step / 2, 'x', true))
    const right = Math.max(left + 1, Math.round(plot.valToPos(at[i] + step / 2, 'x', true)))
    if (right < bbox.left || left > bbox.left + bbox.width) return
    counts.forEach((count, above) => {
      if (count === 0) return
      const bottom = Math.round(plot.valToPos(bandEdge(heat, low + above), 'y', true))
      const top = Math.round(plot.valToPos(bandEdge(heat, low + above + 1), 'y', true))
      ctx.fillStyle = inks[Math.min(HEAT_STEPS - 1, Math.floor((Math.log(count + 1) / most) * HEAT_STEPS))]
      ctx.fillRect(left, top, right - left, Math.max(1, bottom - top))
    })
  })
  ctx.restore()
}

const cellText = (heat, index, value) => {
  const [low, ...counts] = heat.columns[index] ?? []
  const band = Math.floor(heat.perOctave * Math.log2(value))
  const count = counts[band - low] ?? 0
  const edge = (b) => figures.format(bandEdge(heat, b))
  return edge(band) + ' – ' + edge(band + 1) + ' ms: ' + counts3.format(count)
}

const heatRange = (heat) => heat.columns.reduce(([low, high], [first, ...counts]) =>
  first === undefined ? [low, high] : [Math.min(low, bandEdge(heat, first)), Math.max(high, bandEdge(heat, first + counts.length))], [Infinity, 0])
`
