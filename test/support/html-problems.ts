/** What is wrong with the HTML of a page, as the standard and the recommended rules of html-validate have it. */
import { HtmlValidate } from 'html-validate'

/** A function that names each mistake of a page with its line and its rule; none for a page that is valid. */
export function createHtmlCheck(): (page: string) => string[] {
  const validator = new HtmlValidate({
    root: true,
    extends: ['html-validate:recommended'],
    // Titles are what people wrote.
    rules: { 'long-title': 'off' },
  })
  return page => {
    const { results } = validator.validateStringSync(page)
    return results.flatMap(({ messages }) =>
      messages.map(({ ruleId, message, line }) => `${line}: ${ruleId}: ${message}`),
    )
  }
}
