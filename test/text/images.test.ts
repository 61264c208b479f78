import { describe, expect, test } from 'vitest'

import { createMarkdown } from '../../src/text/markdown.ts'

const rel = 'rel="nofollow noopener ugc"'

describe('pictures that are loaded on demand', () => {
  const { render } = createMarkdown({ images: 'click' })

  test('are links that say to the script where the picture is', () => {
    const link = `<a class="image" href="https://a.b/i.png" ${rel} data-image="https://a.b/i.png">image: plot (a.b)</a>`
    expect(render('![plot](https://a.b/i.png)').html.trim()).toBe(`<p>${link}</p>`)
    expect(render('x <img src="https://a.b/i.png" alt=plot>').html.trim()).toBe(`<p>x ${link}</p>`)
  })

  test('nobody can write such a link to somewhere else', () => {
    expect(render('<a class="image" data-image="https://c.d/" href="https://a.b/">x</a>').html).not.toContain('data-')
  })
})

describe('pictures that are always loaded', () => {
  const { render, excerpt } = createMarkdown({ images: 'always' })

  test('come late, and tell their host nothing of the page', () => {
    const picture = '<img src="https://a.b/i.png" alt="plot" loading="lazy" referrerpolicy="no-referrer">'
    expect(render('![plot](https://a.b/i.png)').html.trim()).toBe(`<p>${picture}</p>`)
  })

  test('have the size that was given, so that nothing moves', () => {
    expect(render('<img width="40" height="50%" src="https://a.b/i.png" onerror=x srcset="c 2x">').html.trim()).toBe(
      '<img src="https://a.b/i.png" alt="" width="40" loading="lazy" referrerpolicy="no-referrer">',
    )
  })

  test('stand in links, tables and details, and alone', () => {
    const source =
      '[![a](https://a.b/i.png)](https://c.d/)\n\n|![a](https://a.b/i.png)|\n|-|\n\n<details><picture><source srcset="x"><img src="https://a.b/i.png"></picture></details>'
    const { html } = render(source)
    expect(html.match(/<img /g)).toHaveLength(3)
    expect(html).toMatch(/<a href="https:\/\/c\.d\/" [^>]*><img [^>]*><\/a>/)
    expect(html).not.toContain('source')
  })

  test('only from the web', () => {
    expect(render('![a](data:image/png;base64,AAAA) ![b](x.png) ![c](mailto:x@y.z)').html).not.toContain('<img')
  })

  test('are not in excerpts', () => {
    expect(excerpt('a ![b](https://a.b/i.png) c', 100)).toBe('a c')
  })
})
