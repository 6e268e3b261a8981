/** Fills a live page from its server: each event brings the parts of a later moment, the last one those of the report. */
export const LIVE_SCRIPT = String.raw`(() => {
'use strict'
const line = document.getElementById('line')
const tell = (text) => { line.hidden = text === ''; if (line.textContent !== text) line.textContent = text }
const source = new EventSource('/events' + location.search)
const show = ({ data }) => {
  document.dispatchEvent(new CustomEvent('stompede:parts', { detail: JSON.parse(data) }))
  tell('')
}
source.addEventListener('parts', show)
source.addEventListener('over', (event) => {
  source.close()
  show(event)
  tell('The run is over. This is its report; it is kept in the run’s directory.')
})
source.addEventListener('error', () =>
  tell(source.readyState === EventSource.CLOSED ? 'The run cannot be followed: its server refused.' : 'The connection is lost; what stands here is from before.'))
})()`
