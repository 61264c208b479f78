import { describe, expect, test } from 'vitest'

import { createMarkdown } from '../../src/text/markdown.ts'

const markdown = createMarkdown()
const rel = 'rel="nofollow noopener ugc"'

function html(source: string): string {
  return markdown.render(source).html.trim()
}

describe('GitHub-flavoured Markdown', () => {
  test('emphasis, strikethrough and code are elements', () => {
    expect(html('**a** _b_ ~~c~~ `d<e>`')).toBe('<p><strong>a</strong> <em>b</em> <s>c</s> <code>d&lt;e&gt;</code></p>')
  })

  test('a line ends where it was ended, whatever ends it', () => {
    expect(html('a\nb  \nc\r\nd')).toBe('<p>a<br>\nb<br>\nc<br>\nd</p>')
  })

  test('a table has heads of columns and aligned cells, without styles', () => {
    const source = '|a|b|c|\n|:-|:-:|-:|\n|1|2|3|'
    expect(html(source)).toBe(
      [
        '<table>\n<thead>\n<tr><th class="align-left" scope="col">a</th><th class="align-center" scope="col">b</th>',
        '<th class="align-right" scope="col">c</th></tr>\n</thead>\n<tbody>\n<tr><td class="align-left">1</td>',
        '<td class="align-center">2</td><td class="align-right">3</td></tr>\n</tbody>\n</table>',
      ].join(''),
    )
  })

  test('a task is a symbol with a name', () => {
    expect(html('- [ ] a\n- [x] **b**')).toBe(
      [
        '<ul>\n<li class="task-item"><span class="task" role="img" aria-label="to do">☐</span> a</li>\n',
        '<li class="task-item"><span class="task task-done" role="img" aria-label="done">☑</span> <strong>b</strong></li>\n</ul>',
      ].join(''),
    )
  })

  test('brackets that are no task stay text', () => {
    expect(html('- [y] a\n- [ ]b')).toBe('<ul>\n<li>[y] a</li>\n<li>[ ]b</li>\n</ul>')
    expect(html('[ ] a')).toBe('<p>[ ] a</p>')
  })

  test('fenced code names its language in a class', () => {
    expect(html('```C++ title="x"\na < b\n```')).toBe('<pre><code class="language-c++">a &lt; b\n</code></pre>')
  })

  test('a language that is no plain name gives no class', () => {
    expect(html('```"><b>\nx\n```')).toBe('<pre><code>x\n</code></pre>')
    expect(html(`\`\`\`${'a'.repeat(33)}\nx\n\`\`\``)).toBe('<pre><code>x\n</code></pre>')
  })

  test('headings step back behind those of the page', () => {
    expect(html('# a\n## b\n### c\n#### d\n##### e\n###### f\n\n<h1>g</h1>')).toBe(
      '<h3>a</h3>\n<h4>b</h4>\n<h5>c</h5>\n<h6>d</h6>\n<h6>e</h6>\n<h6>f</h6>\n<h3>g</h3>',
    )
  })

  test('numbers of a list start where they were started', () => {
    expect(html('7. a\n8. b')).toBe('<ol start="7">\n<li>a</li>\n<li>b</li>\n</ol>')
  })
})

describe('links', () => {
  test.each([
    ['[a](https://example.org/?x=1&y=2)', 'https://example.org/?x=1&amp;y=2', 'a'],
    ['https://example.org/x_y_z', 'https://example.org/x_y_z', 'https://example.org/x_y_z'],
    ['<http://example.org/>', 'http://example.org/', 'http://example.org/'],
    ['www.example.foo/bar', 'http://www.example.foo/bar', 'www.example.foo/bar'],
    ['me@example.org', 'mailto:me@example.org', 'me@example.org'],
    ['<a href="HTTPS://Example.org" target="_blank" id="x">a</a>', 'https://example.org/', 'a'],
  ])('%s leads out, without passing on rank, window or opener', (source, href, text) => {
    expect(html(source)).toBe(`<p><a href="${href}" ${rel}>${text}</a></p>`)
  })

  test('a bare link ends before the punctuation of its sentence', () => {
    expect(html('(see http://example.org/a).')).toBe(
      `<p>(see <a href="http://example.org/a" ${rel}>http://example.org/a</a>).</p>`,
    )
  })

  test('file names, other schemes and comments of code are no bare links', () => {
    expect(html('main.py example.com ftp://a.b/c //a.b/c')).toBe('<p>main.py example.com ftp://a.b/c //a.b/c</p>')
  })

  test.each(['../README.md', '#part', '/etc/passwd', 'ftp://example.org/x', '//example.org/x', 'gitfile:0a1b'])(
    'a link to %s stays text that says where it would have led',
    target => {
      expect(html(`[a](${target})`)).toBe(`<p><span class="inert" title="${target}">a</span></p>`)
    },
  )

  test.each([
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    'vbscript:x',
    'data:text/html;base64,PHNjcmlwdD4=',
    'java&#x09;script:alert(1)',
    '&#1;javascript:alert(1)',
  ])('a link to %s is only its text', target => {
    expect(html(`<a href="${target}">a</a>`)).toBe('<p>a</p>')
    expect(html(`[a](<${target}>)`)).not.toContain('<a')
  })

  test('a link never holds another', () => {
    expect(html('<a href="http://a.b/">x <a href="http://c.d/">y</a></a>')).toBe(
      `<p><a href="http://a.b/" ${rel}>x </a><a href="http://c.d/" ${rel}>y</a></p>`,
    )
    expect(html('<a href="http://a.b/"><b>x <a href="http://c.d/">y</a></b></a>')).toBe(
      `<p><a href="http://a.b/" ${rel}><b>x y</b></a></p>`,
    )
  })

  test('a link without text shows its target', () => {
    expect(html('[](http://a.b/c)')).toBe(`<p><a href="http://a.b/c" ${rel}>http://a.b/c</a></p>`)
  })

  test('the name of a host is written in ASCII where it leads, and as it was written where it is read', () => {
    expect(html('http://пример.рф/')).toBe(
      `<p><a href="http://xn--e1afmkfd.xn--p1ai/" ${rel}>http://пример.рф/</a></p>`,
    )
  })
})

describe('images', () => {
  test('an image is a link that says what it shows and who has it', () => {
    const link = `<a class="image" href="https://example.org/i.png" ${rel}>image: a plot (example.org)</a>`
    expect(html('![a plot](https://example.org/i.png)')).toBe(`<p>${link}</p>`)
    expect(html('x <img src="https://example.org/i.png" alt="a plot" onerror="y">')).toBe(`<p>x ${link}</p>`)
  })

  test('an image without a description says that it is one', () => {
    expect(html('![](https://example.org/i.png)')).toContain('>image (example.org)</a>')
  })

  test('an image in a link does not put a link into it', () => {
    expect(html('[![a](http://a.b/c.png)](http://d.e/)')).toBe(`<p><a href="http://d.e/" ${rel}>image: a (a.b)</a></p>`)
  })

  test('an image that no link can lead to is its description', () => {
    expect(html('![a](gitfile:0a1b)')).toBe('<p><span class="image" title="gitfile:0a1b">image: a</span></p>')
    expect(html('![a](data:image/png;base64,AAAA)')).toBe('<p><span class="image">image: a</span></p>')
  })
})

describe('HTML in comments', () => {
  test('elements of the allow-list stay, without what is not on it', () => {
    expect(html('<kbd class="x" style="color:red" onclick="y">Ctrl</kbd><sub id="a" name="b">1</sub>')).toBe(
      '<p><kbd>Ctrl</kbd><sub>1</sub></p>',
    )
  })

  test('details fold Markdown', () => {
    expect(html('<details open>\n<summary>Log</summary>\n\n- a\n\n</details>')).toBe(
      '<details open><summary>Log</summary>\n\n<ul>\n<li>a</li>\n</ul>\n</details>',
    )
  })

  test('details without a summary get one', () => {
    expect(html('<details>a</details>')).toBe('<details><summary>Details</summary>a</details>')
  })

  test('a tag that is not allowed is shown as it was written', () => {
    expect(html('run `x` with <id> or <script>alert(1)</script>')).toBe(
      '<p>run <code>x</code> with &lt;id&gt; or &lt;script&gt;alert(1)&lt;/script&gt;</p>',
    )
  })

  test('somebody’s XML keeps its lines', () => {
    expect(html('<server>\n  <port>1</port>\n</server>')).toBe(
      '<pre class="plain">&lt;server&gt;\n  &lt;port&gt;1&lt;/port&gt;\n&lt;/server&gt;</pre>',
    )
  })

  test.each([
    '<script>',
    '<style>',
    '<textarea>',
    '<title>',
    '<xmp>',
    '<iframe>',
    '<noscript>',
    '<plaintext>',
    '<!-- ',
  ])('an unclosed %s swallows nothing of what follows', tag => {
    expect(html(`a ${tag}b\n\n**c**`)).toContain('<strong>c</strong>')
    expect(html(`<div>${tag}b\n\n**c**`)).toContain('<strong>c</strong>')
  })

  test('an unclosed attribute swallows nothing of what follows', () => {
    expect(html('<div>\n<a title="x\n\n**c** "y"')).toContain(
      '<strong>c</strong> &quot;y&quot;'.replaceAll('&quot;', '"'),
    )
  })

  test('comments go', () => {
    expect(html('a<!-- b -->c\n\n<!-- <b>\n\nd -->\n\ne')).toBe('<p>ac</p>\n\n<p>e</p>')
  })

  test('elements that only group or colour leave their content', () => {
    expect(html('<center><font color="red">a</font></center>')).toBe('<div>a</div>'.replace(/<\/?div>/g, ''))
  })

  test('elements left open end with the comment, and closing more than was opened does nothing', () => {
    expect(html('<div><b>a')).toBe('<div><b>a</b></div>')
    expect(html('</div></li></ol>a</b>')).toBe('a')
  })
})

describe('elements out of place', () => {
  test.each([
    ['a part without its structure', '<li>a</li>', '<div>a</div>'],
    ['a cell without a table', '<div><td>a</td></div>', '<div><div>a</div></div>'],
    ['a block inside emphasis', '<div><b>a<ul><li>b</li></ul></b></div>', '<div>a<ul>\n<li>b</li>\n</ul></div>'],
    ['text inside a list', '<ul>a<li>b</li></ul>', '<ul>\n<li>a</li>\n<li>b</li>\n</ul>'],
    ['a block inside a heading', '<h1>a<div>b</div></h1>', '<div>a<div>b</div></div>'],
    ['a list of terms without terms', '<dl><dd>a</dd></dl>', '<div><div>a</div></div>'],
    ['a list of terms', '<dl><dt>a</dt><dd>b</dd></dl>', '<dl><dt>a</dt><dd>b</dd></dl>'],
    [
      'a block inside a summary',
      '<details><summary><p>a</p>b</summary></details>',
      '<details><summary> a b</summary></details>',
    ],
    [
      'a heading inside a summary',
      '<details><summary><h2>a</h2></summary></details>',
      '<details><summary><h4>a</h4></summary></details>',
    ],
    [
      'details inside a link',
      '<div><a href="http://a.b/"><details>x</details></a></div>',
      `<div><a href="http://a.b/" ${rel}><div>x</div></a></div>`,
    ],
    ['an empty heading', '<div><h1> </h1>a</div>', '<div>a</div>'],
    ['an empty table', '<div><table><tr></tr></table>a</div>', '<div>a</div>'],
  ])('%s becomes something valid', (_what, source, expected) => {
    expect(html(source)).toBe(expected)
  })

  test('a table is put in order, and its text is kept', () => {
    const source =
      '<table>x<tfoot><tr><td>f</td></tr></tfoot><td>d</td><caption>c</caption><tr>y<th scope="row" colspan="2" rowspan="0">e</th></tr></table>'
    expect(html(source)).toBe(
      [
        '<table>\n<caption>c</caption>\n<tbody>\n<tr><td>x</td></tr>\n</tbody>\n<tbody>\n<tr><td>f</td></tr>\n</tbody>\n',
        '<tbody>\n<tr><td>d</td></tr>\n<tr><td>y</td><th colspan="2" scope="row">e</th></tr>\n</tbody>\n</table>',
      ].join(''),
    )
  })
})

describe('odd characters', () => {
  test('are shown and named, in text and in code', () => {
    const mark = '<span class="odd" title="U+202E right-to-left override">[U+202E]</span>'
    expect(html('a\u202eb `c\u202e`')).toBe(`<p>a${mark}b <code>c${mark}</code></p>`)
  })

  test('are shown when they were written as entities, and in titles', () => {
    expect(html('<div>&#x202e;<abbr title="a&#x202e;">b</abbr></div>')).toBe(
      '<div><span class="odd" title="U+202E right-to-left override">[U+202E]</span><abbr title="a[U+202E]">b</abbr></div>',
    )
  })

  test('are named a thousand times in one comment, and after that only shown', () => {
    const shown = html('\u202ea'.repeat(1100))
    expect(shown.match(/<span class="odd"/g)).toHaveLength(1000)
    expect(shown.match(/\[U\+202E\]/g)).toHaveLength(1100)
  })

  test('a comment cannot fake the marks that the viewer makes', () => {
    expect(
      html('<span class="odd" title="U+202E">a</span><p class="cut">b</p><span class="task" role="img">c</span>'),
    ).toBe('<p>a</p><p>b</p>c')
  })
})

describe('an excerpt', () => {
  test('is one line of plain text', () => {
    const source = '# Title\n\n- [x] a **b**\n- <kbd>c</kbd> &lt;d>\n\n```js\ne()\n```\n<!-- f -->'
    expect(markdown.excerpt(source, 200)).toBe('Title ☑ a b c <d> e()')
  })

  test('ends between words, with an ellipsis, within its length', () => {
    expect(markdown.excerpt('one two three four', 12)).toBe('one two…')
    expect(markdown.excerpt('🦋'.repeat(10), 4)).toBe('🦋…')
    expect(markdown.excerpt('abc', 3)).toBe('abc')
    expect(markdown.excerpt('abc', 0)).toBe('')
  })

  test('shows odd characters and has no notes', () => {
    expect(markdown.excerpt('a\u202eb', 50)).toBe('a[U+202E]b')
    expect(markdown.excerpt(`${'> '.repeat(200)}a`, 20)).toBe('> > > > > > > > > >…')
    expect(markdown.excerpt('a '.repeat(20_000), 10)).toBe('a a a a a…')
  })
})
