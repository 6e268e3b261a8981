import { describe, expect, it } from 'vitest'
import {
  type Content,
  html,
  inlineScript,
  isolated,
  jsonBlock,
  textOf,
} from '../../src/report/page/markup.ts'

const rendered = (value: Content): string => textOf(html`${value}`)

describe('markup', () => {
  it('escapes whatever stands in it', () => {
    expect(rendered(`<script>alert("1" & '2')</script>`)).toBe(
      '&lt;script&gt;alert(&quot;1&quot; &amp; &#39;2&#39;)&lt;/script&gt;',
    )
    expect(textOf(html`<p title="${'" onclick="x'}">${'<'}</p>`)).toBe(
      '<p title="&quot; onclick=&quot;x">&lt;</p>',
    )
  })

  it('makes control characters visible', () => {
    expect(rendered('a\0b\u202ec')).toBe('a␀b⟨U+202E⟩c')
  })

  it('joins lists, nests, and leaves out what is not there', () => {
    const items = ['a', '<b>'].map((item) => html`<i>${item}</i>`)
    expect(rendered([items, false, null, undefined, 0])).toBe('<i>a</i><i>&lt;b&gt;</i>0')
  })

  it('takes no data for markup, whatever its shape', () => {
    const forged = JSON.parse('{"markup":"<script>","Symbol(markup)":"<script>"}') as unknown as Content
    expect(() => rendered(forged)).toThrow(TypeError)
  })

  it('refuses an attribute without quotes', () => {
    expect(() => html`<p title=${'x'}></p>`).toThrow('attribute without quotes')
    expect(textOf(html`<p>1 = ${1}</p>`)).toBe('<p>1 = 1</p>')
  })

  it('keeps the direction of foreign text to itself', () => {
    expect(textOf(isolated('مرحبا <'))).toBe('<bdi>مرحبا &lt;</bdi>')
  })

  it('embeds data that no parser can be led out of', () => {
    const data = { text: '</script><!--<script>&\u2028\u2029' }
    const block = textOf(jsonBlock('x', data))
    const body = block.slice(block.indexOf('>') + 1, block.lastIndexOf('</script>'))
    expect(body).not.toMatch(/[<>&\u2028\u2029]/)
    expect(JSON.parse(body)).toEqual(data)
  })

  it('leaves a script of ours as it is', () => {
    expect(textOf(inlineScript('1 < 2 && 3'))).toBe('<script>1 < 2 && 3</script>')
  })
})
