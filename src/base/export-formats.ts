/** The formats of an export, by their endings. Pages are always there; feeds need to know where the site will be. */

export const exportFormats = ['html', 'json', 'atom', 'csv', 'txt', 'md', 'mbox', 'ndjson', 'bundle'] as const

export type ExportFormat = (typeof exportFormats)[number]

export function isExportFormat(text: string): text is ExportFormat {
  return exportFormats.some(format => format === text)
}
