/** Rendered comments of one page. */
import type { Markdown, RenderedMarkdown } from './markdown.ts'

/** A comment's text. The id is that of the operation that wrote it: the same id always stands for the same text. */
export interface TextSource {
  readonly operationId: string
  readonly source: string
}

/** Gives the HTML of texts. */
export interface CommentTexts {
  render(text: TextSource): RenderedMarkdown
}

/** Renders every text when it is asked for, and links nothing that only a state knows: for tests and pictures of pages. */
export function directTexts(markdown: Markdown): CommentTexts {
  return { render: ({ source }) => markdown.render(source) }
}
