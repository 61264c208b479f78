/** Text in markup. Whatever comes in stands for itself in an element and in a quoted attribute, of HTML and of SVG. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, character => entities[character] ?? character)
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
